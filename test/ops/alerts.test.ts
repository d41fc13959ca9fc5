import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { findOnPath } from '../../sandbox/stack/findOnPath.ts';
import { METRICS, type MetricName } from '../../src/contract/metrics.ts';

const ops = path.join(import.meta.dirname, '..', '..', 'ops');
const promtool = findOnPath('promtool');
const withPromtool = promtool === undefined ? it.skip : it;
const why = promtool === undefined ? ' (skipped: no promtool on PATH; apt-get install prometheus)' : '';

/** Of the SDK; test/ops/metrics.test.ts sees that the worker has it. */
const FAILED_RUNS = 'temporal_workflow_failed';

function readOps(file: string): string {
  return readFileSync(path.join(ops, file), 'utf8');
}

/** What stands before a brace, a bracket or the end of a word in an expression, and begins as a metric does. */
function metricsIn(expressions: string[]): Set<string> {
  return new Set(expressions.flatMap((each) => each.match(/\b(safepoint|temporal)_\w+/g) ?? []));
}

type Rule = { alert: string; expr: string; annotations: { runbook: string } };

function rules(): Rule[] {
  const { groups } = parse(readOps('prometheus/safepoint.rules.yml')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
}

type AlertTest = { alertname: string; exp_alerts: unknown[] };

describe('ops/prometheus', () => {
  withPromtool(`rules are well formed and fire when they should${why}`, async () => {
    const cwd = path.join(ops, 'prometheus');

    const { all } = await execa({ all: true, cwd })`promtool test rules safepoint.test.yml`;

    expect(all).toContain('SUCCESS');
  });

  it('every rule is tested while it fires and while it does not', () => {
    const { tests } = parse(readOps('prometheus/safepoint.test.yml')) as {
      tests: { alert_rule_test: AlertTest[] }[];
    };

    const tested = tests.flatMap((each) => each.alert_rule_test);
    const named = (fires: boolean) =>
      new Set(tested.flatMap((each) => (each.exp_alerts.length > 0 === fires ? [each.alertname] : [])));

    const all = rules().map(({ alert }) => alert);
    expect(all.filter((alert) => !named(true).has(alert))).toEqual([]);
    expect(all.filter((alert) => !named(false).has(alert))).toEqual([]);
  });

  it('rules ask only for metrics that the worker has', () => {
    const asked = metricsIn(rules().map(({ expr }) => expr));

    expect(asked.size).toBeGreaterThan(5);
    expect([...asked].filter((name) => !(name in METRICS))).toEqual([FAILED_RUNS]);
  });

  it('every rule points to a runbook that names it', () => {
    const unnamed = rules().filter(({ alert, annotations: { runbook } }) => {
      const page = readFileSync(path.join(ops, '..', runbook), 'utf8');
      return !page.includes(`\`${alert}\``);
    });

    expect(unnamed).toEqual([]);
  });
});

type Dashboard = { panels: { title: string; targets: { expr: string }[] }[] };

describe('ops/grafana', () => {
  const { panels } = JSON.parse(readOps('grafana/safepoint.json')) as Dashboard;
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it('the dashboard shows every metric of ours, and no other', () => {
    const names: MetricName[] = Object.keys(METRICS) as MetricName[];

    expect([...metricsIn(expressions)].sort()).toEqual(names.sort());
  });

  withPromtool(`its expressions are well formed${why}`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-dashboard-'));
    const file = path.join(folder, 'rules.yml');
    const recorded = expressions.map((expr, at) => ({ record: `panel:${at}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));

    const { all, exitCode } = await execa({ all: true, reject: false })`promtool check rules ${file}`;
    rmSync(folder, { recursive: true });

    expect({ all, exitCode }).toEqual({
      all: expect.stringContaining(`SUCCESS: ${expressions.length} rules found`),
      exitCode: 0,
    });
  });
});
