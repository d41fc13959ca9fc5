import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { windowWorkflowId } from '../src/contract/names.ts';
import { productVersion } from '../src/system/version.ts';
import { startLab, startServer, type Lab, type Server } from '../test/workflows/lab.ts';

/**
 * Records histories of real runs under `test/histories/<workflow type>/<case>-v<version>.json`, which the replay test
 * holds every later version of the workflow code against. Files are never overwritten: raise the version first.
 * `npm run record-histories`
 */
type Case = {
  name: string;
  run: (lab: Lab, server: Server) => Promise<string>;
  options?: Parameters<typeof startLab>[1];
};

const cluster88 = { simulator: { profile: '8.8' } } as const;

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
];

async function finished(lab: Lab, input: unknown): Promise<string> {
  const handle = await lab.start(input);
  await handle.result().catch(() => undefined);
  return handle.workflowId;
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

const server = await startServer();
try {
  for (const { name, run, options } of cases) {
    const lab = await startLab(server, options ?? cluster88);
    try {
      const workflowId = await run(lab, server);
      await record(server, workflowId, 'backup', name);
      if (lab.simulator.triggerCount('zeebe') > 0)
        await record(server, windowWorkflowId('demo'), 'backupWindow', name);
    } finally {
      await lab.stop();
    }
  }
} finally {
  await server.stop();
}
