import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectNothingLeft } from './expectNothingLeft.ts';
import { startInstallation, type Installation } from './installation.ts';
import { until } from './until.ts';

const PROMISE_MS = 15_000;

let installation: Installation;
beforeAll(async () => {
  const sentinel = { every: '1 h' }; // only the return of a worker starts it
  installation = await startInstallation({ adapt: (config) => ({ ...config, sentinel }) });
}, 120_000);
afterAll(() => installation.stop(), 60_000);

describe('faults/sentinelKilled: backup and window were terminated with no worker there', () => {
  it('and the next worker is killed while its sentinel looks: exporting runs within 15 s of the return of another one', async () => {
    const first = await installation.startWorker();
    const cluster = await installation.freshCluster({ partMs: 60_000 });
    const handle = await installation.startBackup();
    await until('zeebe is at work', () => cluster.simulator.triggerCount('zeebe') === 1);
    await first.kill();
    await handle.terminate('by hand');
    await installation.windowHandle().terminate('by hand');
    const look = cluster.simulator.faults.add({ on: 'GET zeebe partitions', answer: 'hang', times: 1 });
    const second = await installation.startWorker();
    await until('the sentinel looks', () => look.hits() === 1);
    await second.kill();

    await installation.startWorker();
    const tookMs = await cluster.timeUntilExporting();

    expect(tookMs).toBeLessThan(PROMISE_MS);
    await expectNothingLeft(installation);
  }, 120_000);
});
