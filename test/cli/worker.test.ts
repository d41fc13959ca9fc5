import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPlace, type Place } from './place.ts';
import { safepoint } from './safepoint.ts';

let place: Place;

beforeAll(async () => {
  place = await startPlace();
}, 120_000);
afterAll(async () => {
  await place.stop();
});

describe('cli/worker', () => {
  it('does the backups of its config until SIGTERM, then ends with exit code 0', async () => {
    const worker = safepoint(['worker'], place.env);

    const run = await safepoint(['run', 'demo'], place.env);
    worker.kill('SIGTERM');
    const ended = await worker;

    expect(run).toMatchObject({ exitCode: 0 });
    expect(ended).toMatchObject({ exitCode: 0 });
  }, 90_000);
});
