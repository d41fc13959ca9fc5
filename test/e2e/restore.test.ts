import path from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { parse, stringify } from 'yaml';
import { runPageScript } from '../../bench/pageScript.ts';
import { makeReady, untilCaughtUp } from '../../sandbox/load/exporter.ts';
import { readTruth, untilSettled, type Settled, type Truth } from '../../sandbox/load/settled.ts';
import { instancesAtCheckpoint, instancesShownByOperate, readCheckpoints } from '../../sandbox/load/truth.ts';
import { destroyCamunda, dropDatabase, readContents } from '../../sandbox/platform/destroy.ts';
import { findMissing } from '../../sandbox/stack/pieces.ts';
import { poll } from '../../sandbox/stack/poll.ts';
import { idInSnapshot } from '../../src/activities/preflight/seenIds.ts';
import { PROCEDURE_NAMES, type BackupResult } from '../../src/contract/backup.ts';
import type { DrillResult } from '../../src/contract/drill.ts';
import { DRILL_WORKFLOW } from '../../src/contract/names.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { startInstallation, type Installation } from './installation.ts';
import { startLateTrigger } from './lateTrigger.ts';
import { restoreByHand } from './restore.ts';

const START_MS = 600_000;
const BACKUP_MS = 300_000;
const RESTORE_MS = 900_000;

const missing = await findMissing();
const reason = missing.map(({ piece, why, install }) => `${piece}: ${why} Remedy: ${install}`).join('; ');
const title = 'e2e: restores of a real Camunda 8.6.0 into an emptied stack';
const describeReal = missing.length === 0 ? describe : describe.skip;

const TAKEN = ['cold', ...PROCEDURE_NAMES] as const;
type SetName = (typeof TAKEN)[number] | 'script';

describeReal(missing.length === 0 ? title : `${title} (skipped: ${reason})`, () => {
  let starting: Promise<Installation>;
  let at: Installation;
  const ids = new Map<SetName, string>();
  const truths = new Map<SetName, Truth>();
  /** Of the database, before it is dropped. */
  let contents: string;
  const figures: string[] = [];

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') }); // activities that are tried again are no news
    starting = startInstallation({ rotation: false });
    at = await starting;
  }, START_MS);
  afterAll(async () => {
    for (const line of figures) process.stdout.write(`    ${line}\n`);
    const started = await starting.catch(() => undefined); // also one that came up after beforeAll had given up
    await started?.stop();
  }, START_MS);

  const management = () => at.stack.camunda.broker.managementUrl;

  it(
    'cold is taken with Operate and Tasklist stopped, while the brokers work',
    async () => {
      const { operate, tasklist } = at.stack.camunda;
      await makeReady(management());
      await Promise.all([operate.stop(), tasklist.stop()]);

      const run = await at.startBackup({ cluster: 'demo', mode: 'cold' });
      const { verdict, cut, parts, backupId } = (await run.result()) as BackupResult;
      await Promise.all([operate.start(), tasklist.start()]);

      expect({ verdict, cut }).toEqual({ verdict: 'complete', cut: 'proven' });
      expect(parts.map(({ part }) => part)).toEqual(['zeebe', 'indices', 'web-modeler']);
      ids.set('cold', backupId);
    },
    BACKUP_MS,
  );

  it.each(PROCEDURE_NAMES)(
    '%s is taken under load',
    async (procedure) => {
      await makeReady(management());

      const run = await at.startBackup({ cluster: 'demo', procedure });
      const { verdict, cut, backupId } = (await run.result()) as BackupResult;

      expect({ verdict, cut }).toEqual({ verdict: 'complete', cut: 'proven' });
      ids.set(procedure, backupId);
    },
    BACKUP_MS,
  );

  it(
    "the page's bare script says that all is well",
    async () => {
      await makeReady(management());

      const operate = await startLateTrigger(at.stack.camunda.operate.managementUrl, untilOperateIsAhead);
      try {
        await runPageScript(
          {
            zeebe: management(),
            operate: operate.url,
            tasklist: at.stack.camunda.tasklist.managementUrl,
            restApi: at.stack.camunda.broker.url,
            searchEngine: at.stack.openSearch.url,
          },
          at.stack.postgres,
          path.join(at.stack.dataDir, 'script.sql'),
        );
      } finally {
        operate.stop();
      }

      const snapshots = await at.stack.openSearch.listSnapshots(at.stack.openSearch.repository);
      const newest = Math.max(...snapshots.map((name) => Number(idInSnapshot(name))));
      expect([...ids.values()].every((id) => Number(id) < newest)).toBe(true);
      ids.set('script', String(newest));
    },
    BACKUP_MS,
  );

  it(
    'a drill that a schedule starts leaves a record, which the list shows',
    async () => {
      const config: unknown = parse(readFileSync(at.env.SAFEPOINT_CONFIG ?? '', 'utf8'));
      const nightly = { run: 'drill', cluster: 'demo', cron: '0 4 * * *', timezone: 'UTC' };
      const times = { jitter: '0 s', overlap: 'skip', catchupWindow: '1 h' };
      const scheduled = path.join(at.stack.dataDir, 'scheduled.yaml');
      const schedules = { 'drill-nightly': { ...nightly, ...times } };
      writeFileSync(scheduled, stringify({ ...(config as object), schedules }));
      const env = { ...at.env, SAFEPOINT_CONFIG: scheduled };

      const applied = await safepoint(['schedule', 'apply', '--yes'], env);
      const triggered = await safepoint(['schedule', 'trigger', 'drill-nightly'], env);
      const drilled = await resultOfDrill();
      const list = await safepoint(['list', 'demo', '--json'], env);
      const table = await safepoint(['list', 'demo'], env);

      const newest = ids.get('history-first');
      expect([applied, triggered].map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual([
        { exitCode: 0, stderr: '' },
        { exitCode: 0, stderr: '' },
      ]);
      expect(drilled).toMatchObject({ cluster: 'demo', backupId: newest, level: 'indices' });
      const { sets } = expectJson('list', list.stdout);
      expect(sets.filter(({ proof }) => proof !== null)).toMatchObject([
        { backupId: newest, proof: { level: 'indices' } },
      ]);
      expect(table.stdout).toMatch(new RegExp(`^${newest} .* indices \\d{4}-\\d{2}-\\d{2} `, 'm'));
      expect(await at.stack.openSearch.listIndices(['safepoint-drill-*'])).toEqual([]);
    },
    RESTORE_MS,
  );

  it(
    'after the load every set lies behind what is live',
    async () => {
      const { openSearch, postgres } = at.stack;
      await untilCaughtUp(management());
      await at.stopLoad();

      for (const [name, backupId] of ids)
        truths.set(name, await readTruth(openSearch.url, await readCheckpoints(management(), backupId)));
      contents = await readContents(postgres);

      const everything = new Map([1, 2].map((partitionId) => [partitionId, Number.MAX_SAFE_INTEGER]));
      const live = await instancesAtCheckpoint(openSearch.url, everything);
      for (const { instances, userTasksBefore } of truths.values()) {
        expect(instances.length).toBeGreaterThan(40);
        expect(userTasksBefore.length).toBeGreaterThan(10);
        expect(live.length).toBeGreaterThan(instances.length + 20);
      }
      expect(contents).toMatch(/^20\|10\|200\|2000\|[0-9a-f]{32}$/);
    },
    BACKUP_MS,
  );

  it.each(TAKEN)(
    '%s: the product restores what Zeebe and the database held, no more and no less',
    async (procedure) => {
      const truth = truthOf(procedure);
      await empty();

      const args = ['restore', ids.get(procedure) ?? '', '--yes', '--json'];
      const { exitCode, stdout, stderr } = await safepoint(args, at.env, RESTORE_MS);
      const settled = await untilSettled(at.stack, truth);

      note(procedure, truth, settled);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      const shown = instancesIn(expectJson('restore', stdout).result?.proven);
      expect(shown).toBeGreaterThan(0);
      expect(shown).toBeLessThanOrEqual(truth.instances.length); // Operate may still be reading
      expect(settled).toMatchObject({
        instances: { shown: truth.instances.length, lost: [], orphans: [] },
        userTasks: { lost: [], orphans: [] },
        records: truth.records,
      });
      expect(await readContents(at.stack.postgres)).toBe(contents);
    },
    RESTORE_MS,
  );

  it(
    "the page's bare script: restored by hand, Operate shows what Zeebe does not know",
    async () => {
      const truth = truthOf('script');
      await empty();

      await restoreByHand(at.stack, ids.get('script') ?? '');
      const settled = await untilSettled(at.stack, truth);

      note("the page's script", truth, settled);
      expect(settled.instances.orphans.length).toBeGreaterThan(0);
    },
    RESTORE_MS,
  );

  /** As the restore has proven them. */
  function instancesIn(proven: readonly string[] = []): number {
    const [, all] =
      /^Operate shows (\d+) process instances, \d+ of them active$/m.exec(proven.join('\n')) ?? [];
    return Number(all ?? -1);
  }

  function truthOf(name: SetName): Truth {
    const truth = truths.get(name);
    if (truth === undefined) throw new Error(`${name} was not taken`);
    return truth;
  }

  /** Shows an instance that the backup of Zeebe does not have; on a busy machine that takes longer than the script waits. */
  async function untilOperateIsAhead(backupId: string): Promise<void> {
    const { camunda, openSearch } = at.stack;
    const checkpoints = await readCheckpoints(management(), backupId);
    await poll('Operate to be ahead of Zeebe', 120_000, async () => {
      const shown = await instancesShownByOperate(camunda.operate.url, camunda.login);
      const inZeebe = new Set(await instancesAtCheckpoint(openSearch.url, checkpoints));
      return shown.find((key) => !inZeebe.has(key));
    });
  }

  async function empty(): Promise<void> {
    await destroyCamunda(at.stack);
    await dropDatabase(at.stack.postgres);
  }

  async function resultOfDrill(): Promise<DrillResult> {
    const { workflow } = at.client;
    const started = await poll('a drill', 60_000, async () => {
      for await (const run of workflow.list({ query: `WorkflowType = "${DRILL_WORKFLOW}"` })) return run;
      return undefined;
    });
    return (await workflow.getHandle(started.workflowId).result()) as DrillResult;
  }

  function note(name: string, truth: Truth, { instances, userTasks }: Settled): void {
    const count = ({ lost, orphans }: Settled['instances']) =>
      `${lost.length} lost, ${orphans.length} orphans`;
    figures.push(
      `${name}: of ${truth.instances.length} instances ${count(instances)}; of ${truth.userTasks.length} user tasks, ${truth.userTasksBefore.length} of them shown before, ${count(userTasks)}`,
    );
  }
});
