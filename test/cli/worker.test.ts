import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { safepoint } from './safepoint.ts';

let folder: string;
let temporal: Temporal;
let simulator: Simulator;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-worker-'));
  mkdirSync(path.join(folder, 'store'));
  temporal = await startTemporal({ dataDir: folder });
  simulator = await startSimulator({ profile: '8.8', partMs: 50, flushDelayMs: 50 });
}, 120_000);
afterAll(async () => {
  await simulator.stop();
  await temporal.stop();
  rmSync(folder, { recursive: true });
});

describe('cli/worker', () => {
  it('does the backups of its config until SIGTERM, then ends with exit code 0', async () => {
    const config = path.join(folder, 'safepoint.yaml');
    writeFileSync(
      config,
      JSON.stringify({
        stores: { local: { type: 'folder', path: path.join(folder, 'store') } },
        clusters: {
          demo: clusterSettings(simulator.urls, { store: 'local', exporter: { flushDelay: '100 ms' } }),
        },
      }),
    );
    const env = { TEMPORAL_ADDRESS: temporal.address, SAFEPOINT_CONFIG: config };
    const worker = safepoint(['worker'], env);

    const run = await safepoint(['run', 'demo'], env);
    worker.kill('SIGTERM');
    const ended = await worker;

    expect(run).toMatchObject({ exitCode: 0 });
    expect(ended).toMatchObject({ exitCode: 0 });
  }, 90_000);
});
