import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { findOnPath } from '../../sandbox/stack/findOnPath.ts';
import type { RunningProcess } from '../../sandbox/stack/process.ts';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { startPlace, type Place } from '../cli/place.ts';
import { until } from '../faults/until.ts';
import { startWorkerProcess } from '../faults/workerProcess.ts';
import { buildKept } from '../support/keeper.ts';
import { installPythonParent, installTypeScriptParent } from './parents.ts';

/** Temporal, a simulated cluster `demo`, a worker of Safepoint, and the worker of an example. */
type Scene = {
  place: Place;
  client: Client;
  taskQueue: string;
  worker: RunningProcess;
  stop: () => Promise<void>;
};

const hasPython = findOnPath('python3') !== undefined;
const languages = [
  { language: 'TypeScript', install: installTypeScriptParent, isThere: true },
  { language: 'Python', install: installPythonParent, isThere: hasPython },
];

describe.each(languages)('examples: a parent in $language', ({ language, install, isThere }) => {
  const why = isThere ? '' : ` (skipped: ${language} is not on PATH; apt-get install python3-venv)`;
  const itThere = isThere ? it : it.skip;
  let scene: Scene;
  let runs = 0;

  beforeAll(async () => {
    if (!isThere) return;
    scene = await buildKept('parent', async ({ dataDir, keep, stop }) => {
      const parent = await install(dataDir);
      const place = await keep(startPlace());
      await keep(startWorkerProcess('safepoint', { dataDir, env: place.env }));
      const worker = await keep(parent.startWorker(place.temporal.address));
      const connection = await Connection.connect({ address: place.temporal.address });
      await keep({ stop: () => connection.close() });
      return { place, client: new Client({ connection }), taskQueue: parent.taskQueue, worker, stop };
    });
  }, 240_000);
  afterEach(() => {
    if (isThere) scene.place.simulator.faults.clear();
  });
  afterAll(async () => {
    if (isThere) await scene.stop();
  }, 60_000);

  function deploy(cluster: string): Promise<WorkflowHandle> {
    runs += 1;
    return scene.client.workflow.start('deploy', {
      taskQueue: scene.taskQueue,
      workflowId: `deploy-${runs}`,
      args: [cluster, `v${runs}`],
    });
  }

  const deployed = () => readFileSync(scene.worker.logFile, 'utf8');

  itThere(
    `deploys after a complete backup${why}`,
    async () => {
      const handle = await deploy('demo');

      const result: unknown = await handle.result();

      const backupId = String(scene.place.simulator.backupIds('zeebe').at(-1));
      expect(result).toEqual({ release: `v${runs}`, backupId });
      expect(deployed()).toContain(`deployed v${runs} to demo`);
    },
    90_000,
  );

  itThere(
    `starts the backup so that nothing but itself ends it${why}`,
    async () => {
      const handle = await deploy('demo');
      await handle.result();

      const { events } = await handle.fetchHistory();

      const [started] =
        events?.flatMap((event) => event.startChildWorkflowExecutionInitiatedEventAttributes ?? []) ?? [];
      expect(started).toMatchObject({
        workflowType: { name: BACKUP_WORKFLOW },
        taskQueue: { name: TASK_QUEUE },
        parentClosePolicy: 3, // request cancel
        retryPolicy: null,
      });
      expect([started?.workflowRunTimeout, started?.workflowExecutionTimeout].map(seconds)).toEqual([0, 0]);
    },
    90_000,
  );

  itThere(
    `does not deploy after a partial one, and says why${why}`,
    async () => {
      const index = scene.place.simulator.liveIndices().find((name) => name.startsWith('operate')) ?? '';
      scene.place.simulator.faults.add({ state: 'indexLeftOut', part: 'webapps', index });

      const handle = await deploy('demo');

      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'NotDeployed', message: expect.stringContaining(index) },
      });
      expect(deployed()).not.toContain(`deployed v${runs} `);
    },
    90_000,
  );

  itThere(
    `does not deploy without a backup, and has its error code${why}`,
    async () => {
      const handle = await deploy('nowhere');

      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'NotDeployed', details: ['InvalidInput'] },
      });
      expect(deployed()).not.toContain(`deployed v${runs} `);
    },
    90_000,
  );

  itThere(
    `has ended only when exporting runs again, when it is cancelled${why}`,
    async () => {
      const { simulator } = scene.place;
      simulator.faults.add({ state: 'partStays', part: 'zeebe', word: 'IN_PROGRESS', times: 1 });
      const triggered = simulator.triggerCount('zeebe');
      const handle = await deploy('demo');
      await until('zeebe is at work', () => simulator.triggerCount('zeebe') > triggered);
      const before = simulator.exporting().map(({ phase }) => phase);

      await handle.cancel();
      await handle.result().catch(() => undefined);

      expect(before).toEqual(['PAUSED', 'PAUSED']);
      expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect(deployed()).not.toContain(`deployed v${runs} `);
    },
    90_000,
  );
});

function seconds(timeout: { seconds?: unknown } | null | undefined): number {
  return Number(timeout?.seconds ?? 0);
}
