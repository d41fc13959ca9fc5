import { describe, expect, it } from '@jest/globals';
import { judgeAddresses } from '../../../src/activities/preflight/checks/addresses.ts';
import { judgeClocks } from '../../../src/activities/preflight/checks/clocks.ts';
import { judgeDatabase } from '../../../src/activities/preflight/checks/databases.ts';
import { judgeLag, judgePhases } from '../../../src/activities/preflight/checks/exporting.ts';
import { judgePrefixes, wantedPrefixes } from '../../../src/activities/preflight/checks/indices.ts';
import { expectedParts, judgeParts } from '../../../src/activities/preflight/checks/parts.ts';
import { judgePartitions } from '../../../src/activities/preflight/checks/topology.ts';
import { requirePassed } from '../../../src/activities/preflight/refusal.ts';
import { idInSnapshot } from '../../../src/activities/preflight/seenIds.ts';
import { ClusterConfig } from '../../../src/config/schema.ts';
import type { ReportedSettings, Topology } from '../../../src/camunda/port.ts';
import type { ExporterReading } from '../../../src/contract/exporting.ts';
import type { ClusterFacts } from '../../../src/contract/preflight.ts';

const reading = (partitionId: number, more: Partial<ExporterReading> = {}): ExporterReading => ({
  partitionId,
  leader: 'http://zeebe:9600',
  phase: 'EXPORTING',
  exportedPosition: 100,
  processedPosition: 100,
  ...more,
});

describe('activities/preflight/checks/exporting', () => {
  it('warns about an exporter that is more than 100,000 positions behind', () => {
    const readings = [
      reading(1),
      reading(2, { processedPosition: 100_101 }),
      reading(3, { exportedPosition: null }),
    ];

    const finding = judgeLag(readings);

    expect(finding).toMatchObject({
      ok: false,
      severity: 'warning',
      seen: 'at most 100001 positions behind, on partition 2',
    });
  });

  it('does not warn at exactly 100,000 positions', () => {
    const finding = judgeLag([reading(1, { processedPosition: 100_100 })]);

    expect(finding.ok).toBe(true);
  });

  it('takes no phase but EXPORTING for running', () => {
    const finding = judgePhases([reading(1), reading(2, { phase: 'CLOSED' })], 'http://zeebe:9600/resume');

    expect(finding).toMatchObject({ ok: false, severity: 'error', seen: 'CLOSED on partition 2' });
    expect(finding.fix).not.toContain('resume');
  });
});

describe('activities/preflight/checks/topology', () => {
  it('misses a partition that nobody mentions', () => {
    const topology: Topology = {
      version: '8.8.0',
      brokerVersions: ['8.8.0'],
      brokerCount: 1,
      partitionCount: 2,
      replicationFactor: 1,
      partitions: [{ partitionId: 1, leader: 'broker 0', healthy: true }],
    };

    const finding = judgePartitions(topology);

    expect(finding).toMatchObject({ ok: false, seen: 'partition 2 is missing' });
  });

  it('does not pass a cluster without partitions', () => {
    const finding = judgePartitions({
      version: 'unknown',
      brokerVersions: [],
      brokerCount: 1,
      partitionCount: 0,
      replicationFactor: 0,
      partitions: [],
    });

    expect(finding.ok).toBe(false);
  });
});

describe('activities/preflight/checks/parts', () => {
  const url = 'http://camunda:9600';
  const config = ClusterConfig.parse({
    zeebe: { url },
    webapps: { url },
    optimize: { url },
    searchEngine: { url },
    store: 'main',
  });

  it('wants a part of every component in the config', () => {
    const finding = judgeParts(['zeebe', 'zeebe-records'], expectedParts(config));

    expect(finding).toMatchObject({
      ok: false,
      severity: 'error',
      seen: 'no backup endpoint for webapps, optimize; found zeebe, zeebe-records',
    });
  });

  it('wants nothing else', () => {
    const finding = judgeParts(['zeebe', 'webapps', 'optimize'], expectedParts(config));

    expect(finding).toMatchObject({ ok: true, seen: 'zeebe, webapps, optimize' });
  });
});

describe('activities/preflight/checks/databases', () => {
  it.each([
    ['15.18', '15.3', true],
    ['15.18', '17beta1', true],
    ['17.2', '15.18', false],
  ])('server %s with client %s: %s', (serverVersion, clientVersion, ok) => {
    const finding = judgeDatabase('web-modeler', {
      reachable: true,
      serverVersion,
      clientVersion,
      problems: [],
    });

    expect(finding).toMatchObject({ check: 'database.web-modeler', ok, severity: 'error' });
  });

  it('does not pass a server without pg_dumpall', () => {
    const facts = {
      reachable: true,
      serverVersion: '15.18',
      clientVersion: null,
      problems: ['pg_dumpall: not found'],
    };

    const finding = judgeDatabase('web-modeler', facts);

    expect(finding).toMatchObject({ ok: false, severity: 'error', seen: 'pg_dumpall: not found' });
  });
});

describe('activities/preflight/checks/clocks', () => {
  const at = (ms: number) => [{ component: 'zeebe', at: new Date(ms).toISOString() }];

  it.each([
    ['within the readings', 9_000, true, 'warning'],
    ['5 s before them, less the grain of the header', 4_000, true, 'warning'],
    ['more than 5 s before them', 3_999, false, 'warning'],
    ['more than 5 s after them', 25_001, false, 'warning'],
    ['more than 60 s after them', 80_001, false, 'error'],
  ])('%s', (_, atMs, ok, severity) => {
    const finding = judgeClocks(at(atMs), 10_000, 20_000);

    expect(finding).toMatchObject({ ok, severity });
  });
});

describe('activities/preflight/checks/addresses', () => {
  it.each([
    ['http://10.1.2.3:9600', true],
    ['http://172.31.0.1:9600', true],
    ['http://[::1]:9600', true],
    ['http://[fd00::1]:9600', true],
    ['http://zeebe.example.com:9600', true],
    ['https://203.0.113.7:9600', true],
    ['http://203.0.113.7:9600', false],
    ['http://[2001:db8::1]:9600', false],
  ])('%s: %s', (url, ok) => {
    const finding = judgeAddresses(['http://127.0.0.1:9600', url]);

    expect(finding).toMatchObject({ ok, severity: 'warning' });
  });
});

describe('activities/preflight/checks/indices', () => {
  const prefixes = {
    operate: 'acme-operate',
    tasklist: 'acme-tasklist',
    optimize: 'optimize',
    zeebeRecords: 'zeebe-record',
  };
  const reports = (component: string, indexPrefix: string): ReportedSettings[] => [
    {
      component,
      indexPrefix,
      repository: null,
      backupStore: null,
      flushDelayMs: null,
      continuousBackups: null,
    },
  ];

  it.each([
    ['operate', 'acme-operate', true],
    ['operate', 'operate', false],
    ['tasklist', 'tasklist', false],
    ['optimize', 'other', false],
    ['webapps', 'acme', true],
    ['webapps', 'other', false],
    ['zeebe', 'zeebe-record', true],
  ])('%s with prefix %s: %s', (component, prefix, ok) => {
    const finding = judgePrefixes(reports(component, prefix), prefixes);

    expect(finding.ok).toBe(ok);
  });

  it('wants indices of Operate and Tasklist where both are one part', () => {
    const wanted = wantedPrefixes(['zeebe', 'webapps', 'zeebe-records'], prefixes);

    expect(wanted).toEqual(['acme-operate', 'acme-tasklist', 'zeebe-record']);
  });
});

describe('activities/preflight/seenIds: idInSnapshot', () => {
  it.each([
    ['camunda_operate_1000_8.6.0_part_1_of_6', '1000'],
    ['camunda_tasklist_1000_8.6.0_part_1_of_6', '1000'],
    ['camunda_webapps_1000_8.8.0_part_1_of_5', '1000'],
    ['camunda_optimize_1000_8.8.0_part_1_of_2', '1000'],
    ['camunda_zeebe_records_backup_1000', '1000'],
    ['camunda_indices_backup_1000', '1000'],
    ['camunda_operate_nightly', null],
    ['nightly_camunda_operate_1000_8.6.0_part_1_of_6', null],
  ])('%s: %s', (name, id) => {
    const found = idInSnapshot(name);

    expect(found).toBe(id);
  });
});

describe('activities/preflight/refusal: requirePassed', () => {
  const facts = {} as ClusterFacts;
  const finding = (check: string, ok: boolean, severity: 'error' | 'warning') => ({
    check,
    ok,
    severity,
    seen: `${check} was seen`,
    ...(ok ? {} : { fix: `repair ${check}` }),
  });

  it('lists every error with its fix, and no warning', () => {
    const findings = [
      finding('zeebe.health', false, 'error'),
      finding('clocks.skew', false, 'warning'),
      finding('zeebe.topology', true, 'error'),
      finding('repository.verify', false, 'error'),
    ];

    const refuse = () => requirePassed({ cluster: 'prod', checkedAt: '', findings, facts });

    expect(refuse).toThrow(
      '2 of 4 checks failed\n' +
        'zeebe.health: zeebe.health was seen. Fix: repair zeebe.health\n' +
        'repository.verify: repository.verify was seen. Fix: repair repository.verify',
    );
  });

  it('lets warnings pass', () => {
    const passed = requirePassed({
      cluster: 'prod',
      checkedAt: '',
      findings: [finding('clocks.skew', false, 'warning')],
      facts,
    });

    expect(passed).toBe(facts);
  });
});
