import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { execa } from 'execa';
import { makeReady, readPartitions } from '../../sandbox/load/exporter.ts';
import { findMissing } from '../../sandbox/stack/pieces.ts';
import { createPlanActivities } from '../../src/activities/plan.ts';
import type { BackupResult, ProcedureName } from '../../src/contract/backup.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { retainWorkflowId, windowWorkflowId } from '../../src/contract/names.ts';
import type { CutPart } from '../../src/contract/parts.ts';
import { proveCut } from '../../src/domain/cut.ts';
import { judgeSet } from '../../src/domain/verdict.ts';
import { capturePart } from './capturePart.ts';
import { startInstallation, type Installation } from './installation.ts';
import { knownParts } from './knownParts.ts';
import { expectJson } from '../cli/expectJson.ts';
import { safepoint } from '../cli/safepoint.ts';
import { contentOf } from '../storage/replica/stores.ts';
import { digestOf, registerCopy, restoreRecords } from './copies.ts';

const START_MS = 600_000;
const BACKUP_MS = 300_000;

const missing = await findMissing();
const reason = missing.map(({ piece, why, install }) => `${piece}: ${why} Remedy: ${install}`).join('; ');
const title = 'e2e: backups of a real Camunda 8.6.0 under load';
const describeReal = missing.length === 0 ? describe : describe.skip;

describeReal(missing.length === 0 ? title : `${title} (skipped: ${reason})`, () => {
  let starting: Promise<Installation>;
  let at: Installation;
  /** The last complete set. */
  let manifest: Manifest;
  /** Ids of the complete sets, the oldest first, and of what was not taken by a run. */
  const complete: string[] = [];
  const ofOthers: string[] = [];

  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') }); // activities that are tried again are no news
    starting = startInstallation({ rotation: true });
    at = await starting;
  }, START_MS);
  afterAll(async () => {
    const started = await starting.catch(() => undefined); // also one that came up after beforeAll had given up
    await started?.stop();
  }, START_MS);

  const management = () => at.stack.camunda.broker.managementUrl;

  async function readManifest(result: BackupResult): Promise<Manifest> {
    const text = await at.dependencies.store(result.manifest.store).getObject(result.manifest.key);
    expect(createHash('sha256').update(String(text)).digest('hex')).toBe(result.manifest.sha256);
    return Manifest.parse(JSON.parse(String(text)));
  }

  async function countEvents(workflowId: string): Promise<number> {
    const { events } = await at.client.workflow.getHandle(workflowId).fetchHistory();
    return events?.length ?? 0;
  }

  async function expectComplete(handle: WorkflowHandle, procedure: ProcedureName): Promise<Manifest> {
    const result = (await handle.result()) as BackupResult;
    const written = await readManifest(result);

    expect(result).toMatchObject({ verdict: 'complete', cut: 'proven', procedure, reasons: [] });
    expectWhole(written);
    const exporting = Object.values(await readPartitions(management())).map((each) => each.exporterPhase);
    expect(exporting).toEqual(['EXPORTING', 'EXPORTING']);
    const events = (await countEvents(handle.workflowId)) + (await countEvents(windowWorkflowId('demo')));
    expect(events).toBeLessThanOrEqual(80);
    return written;
  }

  it.each(['history-first', 'parallel'] as const)(
    '%s ends complete, with a proven cut',
    async (procedure) => {
      await makeReady(management());

      const handle = await at.startBackup({ cluster: 'demo', procedure });

      manifest = await expectComplete(handle, procedure);
      complete.push(manifest.backupId);
    },
    BACKUP_MS,
  );

  it(
    "finds the cut broken when the page's order is taken without a pause",
    async () => {
      await makeReady(management());
      const plan = await createPlanActivities(at.dependencies).planBackup({ cluster: 'demo' });
      const backupId = String(Math.floor(Date.now() / 1000));
      const capture = (part: CutPart) =>
        capturePart(at.dependencies, { plan, part, backupId, pausedForMs: 0, settled: true });

      const paused = await at.dependencies.camunda('demo').readExporters();
      const zeebe = await capture('zeebe');
      const apps = await Promise.all([capture('operate'), capture('tasklist')]);
      const records = await capture('zeebe-records');
      const parts = [zeebe, ...apps, records];
      const waves: CutPart[][] = [['zeebe'], ['operate', 'tasklist'], ['zeebe-records']];
      const cut = proveCut({ pause: plan.pause, paused, parts, waves, partitionCount: 2 });

      ofOthers.push(backupId);
      expect(cut.outcome).toBe('broken');
      expect(cut.partitions.map(({ noOrphans }) => noOrphans)).toContain(false);
      expect(judgeSet([], cut).verdict).toBe('failed');
    },
    BACKUP_MS,
  );

  it(
    'runs one of two that the temporal command starts at once; the other one names the holder',
    async () => {
      await makeReady(management());
      const start = async () => {
        const input = ['--input', '{"cluster":"demo"}'];
        const args = ['workflow', 'start', '--type', 'backup', '--task-queue', 'safepoint', ...input];
        const { stdout } = await execa(at.stack.temporal.cliPath, [...args, '--output', 'json'], {
          env: at.env,
        });
        const { workflowId } = JSON.parse(stdout) as { workflowId: string };
        return at.client.workflow.getHandle(workflowId);
      };

      const both = await Promise.all([start(), start()]);
      const ends = await Promise.all(both.map(endOf));

      const [winner, loser] = ends[0]?.failure === undefined ? ends : ends.toReversed();
      expect(loser?.failure).toMatchObject({
        type: 'ClusterBusy',
        message: expect.stringContaining(String(winner?.handle.workflowId)),
      });
      expect(winner?.failure).toBeUndefined();
      manifest = await expectComplete(winner?.handle as WorkflowHandle, 'sequential');
      complete.push(manifest.backupId);
    },
    BACKUP_MS,
  );

  it(
    'rotates the oldest set out of every component, leaves what it did not take, and finds the others whole',
    async () => {
      const [oldest = '', ...kept] = complete;
      const [foreign = ''] = ofOthers;
      const rotated: unknown = await at.client.workflow.getHandle(retainWorkflowId('demo')).result();
      const verified = await safepoint(['verify', '--all', '--cluster', 'demo', '--json'], at.env);
      const pruned = await safepoint(['prune', 'demo', '--json'], at.env);

      expect(rotated).toMatchObject({ deleted: [oldest], left: [] });
      expect(await knownParts(at.dependencies, oldest)).toEqual([]);
      const whole = ['zeebe', 'operate', 'tasklist', 'zeebe-records', 'snapshots'];
      for (const backupId of [...kept, foreign])
        expect({ backupId, parts: await knownParts(at.dependencies, backupId) }).toEqual({
          backupId,
          parts: whole,
        });
      expect(expectJson('verify', verified.stdout).results).toEqual([
        { cluster: 'demo', sets: kept.toReversed().map((backupId) => ({ backupId, problems: [] })) },
      ]);
      const { decisions } = expectJson('prune', pruned.stdout).plan;
      expect(decisions.filter(({ action }) => action === 'delete')).toEqual([]);
    },
    BACKUP_MS,
  );

  it(
    'copies the backup of Zeebe and the repository, from which OpenSearch restores the same documents',
    async () => {
      const { openSearch } = at.stack;
      const store = (name: string) => at.dependencies.store(name);

      const { exitCode, stdout } = await safepoint(['replicate', 'demo', '--json'], at.env);
      const again = await safepoint(['replicate', 'demo', '--verify', '--json'], at.env);

      expect([exitCode, again.exitCode]).toEqual([0, 0]);
      const [zeebe, snapshots] = expectJson('replicate', stdout).result?.replicas ?? [];
      expect(zeebe).toMatchObject({ kind: 'zeebe', backupId: manifest.backupId, startOvers: 0 });
      const copied = await contentOf(store('zeebe-copy'));
      expect(Object.keys(copied)).toHaveLength(Number(zeebe?.objects));
      expect(Object.keys(copied).filter((key) => key.endsWith('/manifest.json'))).toHaveLength(2);
      for (const [key, digest] of Object.entries(copied))
        expect({ key, digest: await digestOf(store('zeebe'), key) }).toEqual({ key, digest });

      expect(snapshots?.objects).toBeGreaterThan(100);
      expect(await contentOf(store('repository-copy'))).toEqual(await contentOf(store('repository')));
      const originals = await restoreRecords(openSearch, 'camunda', manifest);
      await registerCopy(openSearch, 'copy');
      expect(await openSearch.listSnapshots('copy')).toEqual(await openSearch.listSnapshots('camunda'));
      expect(await restoreRecords(openSearch, 'copy', manifest)).toEqual(originals);
      expect(originals.documents).toBeGreaterThan(100);

      const copiedAgain = expectJson('replicate', again.stdout).result?.replicas;
      expect(copiedAgain?.map((replica) => [replica.copiedObjects, replica.mendedObjects])).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(copiedAgain?.[1]?.listSha256).toBe(snapshots?.listSha256);
    },
    BACKUP_MS,
  );
});

function expectWhole(manifest: Manifest): void {
  expect(manifest.parts.map(({ part }) => part).sort()).toEqual([
    'operate',
    'tasklist',
    'zeebe',
    'zeebe-records',
  ]);
  expect(manifest.artifacts.map(({ name }) => name)).toEqual(['web-modeler.sql.zst']);
  expect(manifest.searchEngine.snapshots.map(({ state }) => state)).toEqual(
    Array.from({ length: 13 }, () => 'SUCCESS'),
  );
  const proven = { heldAtMostSource: 'zeebe-records', noLoss: true, noOrphans: true, fenceHeld: true };
  expect(manifest.cut.partitions).toMatchObject([
    { partitionId: 1, ...proven },
    { partitionId: 2, ...proven },
  ]);
  for (const cut of manifest.cut.partitions) {
    expect(cut.restoredExporterPosition).toBeGreaterThan(0);
    expect(cut.heldAtLeast).toBeGreaterThanOrEqual(Number(cut.restoredExporterPosition));
    expect(cut.heldAtMost).toBeGreaterThan(0);
    expect(cut.checkpointPosition).toBeGreaterThanOrEqual(Number(cut.heldAtMost));
  }
  const answers = manifest.responsiveness.map(({ app, latency }) => ({
    app,
    answered: latency.counts.reduce((sum, count) => sum + count, 0) > 0,
    failed: latency.failed,
  }));
  expect(answers.sort((a, b) => a.app.localeCompare(b.app))).toEqual([
    { app: 'operate', answered: true, failed: 0 },
    { app: 'tasklist', answered: true, failed: 0 },
  ]);
}

/** How a run ended; a failure as the operator sees it. */
async function endOf(handle: WorkflowHandle) {
  try {
    await handle.result();
    return { handle };
  } catch (error) {
    const { cause } = error as { cause?: { type?: string; message: string } };
    return { handle, failure: { type: cause?.type, message: cause?.message ?? String(error) } };
  }
}
