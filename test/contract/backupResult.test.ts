import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { BACKUP_WORKFLOW, TASK_QUEUE } from '../../src/contract/names.ts';
import { startPlace, type Place } from '../cli/place.ts';
import { startWorkerProcess } from '../faults/workerProcess.ts';
import { buildKept } from '../support/keeper.ts';

let scene: { place: Place; client: Client; stop: () => Promise<void> };

beforeAll(async () => {
  scene = await buildKept('result', async ({ dataDir, keep, stop }) => {
    const place = await keep(startPlace());
    await keep(startWorkerProcess('safepoint', { dataDir, env: place.env }));
    const connection = await Connection.connect({ address: place.temporal.address });
    await keep({ stop: () => connection.close() });
    return { place, client: new Client({ connection }), stop };
  });
}, 120_000);
afterAll(async () => {
  await scene.stop();
}, 60_000);

/** The published schema, which also refuses fields that it does not tell of. */
function publishedSchema(): z.ZodType {
  const file = path.join(import.meta.dirname, '../../schema/backup-result.schema.json');
  const closed = JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value && 'type' in value
      ? { ...value, additionalProperties: false }
      : value,
  ) as z.core.JSONSchema.JSONSchema;
  return z.fromJSONSchema(closed);
}

describe('contract/backup: the result of a real run', () => {
  it('is of the published schema, with a set that was given up', async () => {
    scene.place.simulator.faults.add({ state: 'partFails', part: 'webapps', times: 1 });

    const result: unknown = await scene.client.workflow.execute(BACKUP_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId: 'one-lost',
      args: [{ cluster: 'demo' }],
    });

    expect(publishedSchema().safeParse(result)).toMatchObject({ success: true });
    expect(result).toMatchObject({ verdict: 'complete', failedSets: [{ code: 'PartFailed' }] });
  }, 90_000);

  it('would not be of it with another verdict, without a field or with one more', () => {
    const schema = publishedSchema();
    const good = {
      ...{ cluster: 'demo', backupId: '7', verdict: 'partial', procedure: 'parallel', parts: [] },
      ...{ windowMs: 5, cut: 'not-proven', reasons: ['why'] },
      manifest: { store: 'main', key: 'demo/7/manifest.json', sha256: 'ab' },
    };

    const { cut, ...short } = good;
    const bad = [{ ...good, verdict: 'failed' }, short, { ...good, more: cut }];

    expect([good, ...bad].map((each) => schema.safeParse(each).success)).toEqual([true, false, false, false]);
  });
});
