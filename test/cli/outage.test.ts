import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { safepoint } from './safepoint.ts';

let folder: string;
let temporal: Temporal;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-outage-'));
  temporal = await startTemporal({ dataDir: folder });
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('cli/run: Temporal goes away', () => {
  it('says that the run goes on, exit code 6', async () => {
    const running = safepoint(['run', 'demo'], { TEMPORAL_ADDRESS: temporal.address });
    await once(running.stderr, 'data');

    await temporal.stop();
    const { exitCode, stderr } = await running;

    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/^The run backup-demo-\S+ goes on without this command\.$/m);
    expect(stderr).toMatch(/^TemporalUnreachable: .*ECONNREFUSED/m);
    expect(stderr).not.toMatch(/^ +at /m);
  }, 90_000);
});
