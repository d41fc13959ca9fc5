import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import {
  BACKUP_WORKFLOW,
  REPLICATE_WORKFLOW,
  replicateWorkflowId,
  SENTINEL_WORKFLOW,
  TASK_QUEUE,
  windowWorkflowId,
} from '../src/contract/names.ts';
import { productVersion } from '../src/system/version.ts';
import { copyPairs, copyStores, writeComponentBackups } from '../test/workflows/componentBackups.ts';
import { rotationCases } from './rotationHistories.ts';
import { restoreCases } from './restoreHistories.ts';
import { startLab, startServer, type Lab, type Server } from '../test/workflows/lab.ts';

/**
 * Records histories of real runs under `test/histories/<workflow type>/<case>-v<version>.json`, which the replay test
 * holds every later version of the workflow code against. Files are never overwritten: raise the version first.
 * `npm run record-histories`, or `npm run record-histories -- resume-alarm` where one path is new.
 */
type Case = {
  name: string;
  /** Gives the id of the run that counts: a backup, or a sentinel where its type says so. */
  run: (lab: Lab, server: Server) => Promise<string>;
  type?: string; // default backup
  /** A child that is recorded as well; of a backup its window is. */
  child?: { type: string; workflowId: string };
  options?: Parameters<typeof startLab>[1];
};

const cluster88 = { simulator: { profile: '8.8' } } as const;
const slow = { simulator: { profile: '8.8', partMs: 20_000 } } as const;

const cases: Case[] = [
  ...(['sequential', 'parallel', 'history-first'] as const).map((procedure) => ({
    name: `complete-${procedure}`,
    run: async (lab: Lab) => await finished(lab, { cluster: 'demo', procedure }),
  })),
  {
    name: 'complete-86',
    options: { simulator: { profile: '8.6' } },
    run: (lab) => finished(lab, { cluster: 'demo' }),
  },
  {
    name: 'complete-cold',
    options: { simulator: { profile: '8.6' } },
    async run(lab) {
      await lab.simulator.stopOnly('operate', 'tasklist', 'optimize');
      return await finished(lab, { cluster: 'demo', mode: 'cold' });
    },
  },
  { name: 'invalid-input', run: (lab) => finished(lab, { clusters: [] }) },
  { name: 'unknown-cluster', run: (lab) => finished(lab, { cluster: 'nowhere' }) },
  {
    name: 'part-failed',
    async run(lab) {
      lab.simulator.faults.add({ state: 'partFails', part: 'webapps', reason: 'repository is read-only' });
      return await finished(lab, { cluster: 'demo' });
    },
  },
  {
    name: 'resume-retried',
    async run(lab) {
      lab.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 }, times: 3 });
      return await finished(lab, { cluster: 'demo' });
    },
  },
  {
    name: 'cancelled',
    options: { simulator: { profile: '8.8', partMs: 20_000 } },
    async run(lab) {
      const handle = await lab.start({ cluster: 'demo' });
      await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);
      await handle.cancel();
      await handle.result().catch(() => undefined);
      return handle.workflowId;
    },
  },
  {
    name: 'window-terminated',
    options: { simulator: { profile: '8.8', partMs: 20_000 } },
    async run(lab, { client }) {
      const handle = await lab.start({ cluster: 'demo' });
      await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);
      await client.workflow.getHandle(windowWorkflowId('demo')).terminate('by hand');
      await handle.result().catch(() => undefined);
      return handle.workflowId;
    },
  },
  {
    name: 'over-budget',
    options: {
      simulator: { profile: '8.8', partMs: 20_000 },
      adapt: (cluster) => ({ ...cluster, budgets: { window: '2 s' } }),
    },
    run: (lab) => finished(lab, { cluster: 'demo' }),
  },
  {
    name: 'lost-then-complete',
    async run(lab) {
      lab.simulator.faults.add({ state: 'partFails', part: 'webapps', times: 1 });
      return await finished(lab, { cluster: 'demo' });
    },
  },
  {
    name: 'fence-broken-then-complete',
    options: { simulator: { profile: '8.8', brokers: 3, partMs: 600 } },
    async run(lab) {
      const handle = await lab.start({ cluster: 'demo' });
      await lab.until(() => lab.simulator.triggerCount('webapps') === 1);
      lab.simulator.changeLeader(1);
      return await ended(handle);
    },
  },
  {
    name: 'resume-alarm',
    options: { ...cluster88, adapt: (cluster) => ({ ...cluster, budgets: { resume: '1 s' } }) },
    async run(lab) {
      lab.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 }, times: 5 });
      return await finished(lab, { cluster: 'demo' });
    },
  },
  {
    name: 'backup-terminated',
    options: slow,
    async run(lab) {
      const handle = await startedCapture(lab);
      await handle.terminate('by hand');
      await lab.until(() => exporting(lab));
      return await ended(handle);
    },
  },
  {
    name: 'both-terminated',
    options: slow,
    run: async (lab, server) => await leftPaused(lab, server),
  },
  {
    name: 'healed-by-next-run',
    options: { simulator: { profile: '8.8', partMs: 1_000 } },
    async run(lab, server) {
      lab.simulator.faults.add({ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS', times: 1 });
      await leftPaused(lab, server);
      return await finished(lab, { cluster: 'demo' });
    },
  },
  {
    name: 'foreign-pause',
    async run(lab) {
      const seen = lab.simulator.faults.add({ on: 'GET zeebe partitions', delayMs: 0 });
      const handle = await lab.start({ cluster: 'demo' });
      await lab.until(() => seen.hits() > 0);
      await lab.dependencies.camunda('demo').pauseExporting('soft');
      return await ended(handle);
    },
  },
  {
    name: 'busy',
    options: { simulator: { profile: '8.8', partMs: 1_000 } },
    async run(lab) {
      const holder = await startedCapture(lab);
      const refused = await finished(lab, { cluster: 'demo' });
      await ended(holder);
      return refused;
    },
  },
  {
    name: 'complete-copied',
    options: withCopies(true),
    async run(lab) {
      await finished(lab, { cluster: 'demo', backupId: '1900000000' }); // shows the names of snapshots
      await writeComponentBackups(lab, '1900000001', '1900000000');
      return await finished(lab, { cluster: 'demo', backupId: '1900000001' });
    },
  },
  {
    name: 'complete-not-copied',
    options: withCopies(true),
    run: (lab) => finished(lab, { cluster: 'demo' }),
  },
  ...(['copied', 'half-copied', 'no-set'] as const).map((name) => ({
    name,
    type: REPLICATE_WORKFLOW,
    options: withCopies(false),
    async run(lab: Lab, { client }: Server) {
      if (name !== 'no-set') {
        await finished(lab, { cluster: 'demo', backupId: '1900000000' });
        await writeComponentBackups(lab, '1900000000');
      }
      if (name === 'half-copied')
        await lab.dependencies.store('zeebe').remove('1/1900000000/0/manifest.json');
      const handle = await client.workflow.start(REPLICATE_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId: replicateWorkflowId('demo'),
        args: [{ cluster: 'demo' }],
      });
      return await ended(handle);
    },
  })),
  ...rotationCases,
  ...restoreCases,
  ...(['lifted', 'foreign', 'exporting'] as const).map((name) => ({
    name,
    type: SENTINEL_WORKFLOW,
    options: slow,
    async run(lab: Lab, server: Server) {
      if (name === 'lifted') await leftPaused(lab, server);
      if (name === 'foreign') await lab.dependencies.camunda('demo').pauseExporting('hard');
      const workflowId = `sentinel-${name}`;
      const handle = await server.client.workflow.start(SENTINEL_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId,
      });
      return await ended(handle);
    },
  })),
];

/** A cluster whose component backups are copied between folders. */
function withCopies(afterBackup: boolean): Parameters<typeof startLab>[1] {
  return {
    ...cluster88,
    stores: copyStores(mkdtempSync(path.join(tmpdir(), 'safepoint-copies-'))),
    adapt: (cluster) => ({ ...cluster, replicate: { ...copyPairs, afterBackup } }),
  };
}

async function finished(lab: Lab, input: unknown): Promise<string> {
  return await ended(await lab.start(input));
}

async function ended(handle: WorkflowHandle): Promise<string> {
  await handle.result().catch(() => undefined);
  return handle.workflowId;
}

async function startedCapture(lab: Lab): Promise<WorkflowHandle> {
  const handle = await lab.start({ cluster: 'demo' });
  await lab.until(() => lab.simulator.triggerCount('zeebe') === 1);
  return handle;
}

/** A run that was terminated together with its window, and nobody there to resume. */
async function leftPaused(lab: Lab, { client }: Server): Promise<string> {
  const handle = await startedCapture(lab);
  await lab.stopWorker();
  await Promise.all([
    handle.terminate('by hand'),
    client.workflow.getHandle(windowWorkflowId('demo')).terminate('by hand'),
  ]);
  await lab.startWorker();
  return handle.workflowId;
}

function exporting(lab: Lab): boolean {
  return lab.simulator.exporting().every(({ phase }) => phase === 'EXPORTING');
}

async function record({ client }: Server, workflowId: string, type: string, name: string): Promise<void> {
  const file = path.join('test', 'histories', type, `${name}-v${productVersion}.json`);
  if (existsSync(file)) {
    console.log(`${file} is there already and stays`);
    return;
  }
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  mkdirSync(path.dirname(file), { recursive: true });
  const text = JSON.stringify(JSON.parse(historyToJSON(history)), null, 1);
  writeFileSync(file, `${text.replaceAll(`${process.cwd()}/`, '')}\n`); // stack traces name this checkout
  console.log(`${file}: ${history.events?.length ?? 0} events`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !cases.some((known) => known.name === name));
if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}`);

const server = await startServer();
try {
  const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const { name, run, type = BACKUP_WORKFLOW, child, options } of chosen) {
    const lab = await startLab(server, options ?? cluster88);
    try {
      const workflowId = await run(lab, server);
      await record(server, workflowId, type, name);
      if (type === BACKUP_WORKFLOW && lab.simulator.triggerCount('zeebe') > 0)
        await record(server, windowWorkflowId('demo'), 'backupWindow', name);
      if (child !== undefined) await record(server, child.workflowId, child.type, name);
    } finally {
      await lab.stop();
    }
  }
} finally {
  await server.stop();
}
