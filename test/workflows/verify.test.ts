import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RETAIN_WORKFLOW, TASK_QUEUE, VERIFY_WORKFLOW } from '../../src/contract/names.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import { CheckRecord } from '../../src/contract/setRecords.ts';
import type { VerifyResult } from '../../src/contract/verification.ts';
import { listCatalog } from '../../src/storage/catalog.ts';
import { wholeDump, writePrograms } from '../faults/fakePrograms.ts';
import { startLab, startServer, type Lab, type Server } from './lab.ts';

let server: Server;
let lab: Lab;
let programs: string;
let older: BackupResult;
let newest: BackupResult;

beforeAll(async () => {
  server = await startServer();
  process.env.VERIFY_PASSWORD = 'none';
  programs = mkdtempSync(path.join(tmpdir(), 'safepoint-programs-'));
  const binDir = writePrograms(programs, { pg_dumpall: wholeDump(10_000) });
  const database = { host: '127.0.0.1', user: 'nobody', password: { env: 'VERIFY_PASSWORD' }, binDir };
  lab = await startLab(server, {
    simulator: { profile: '8.8' },
    adapt: (cluster) => ({ ...cluster, databases: { 'web-modeler': database } }),
  });
  older = await lab.run();
  newest = await lab.run();
}, 120_000);
afterAll(async () => {
  await lab.stop();
  await server.stop();
  rmSync(programs, { recursive: true });
});
beforeEach(() => {
  for (const { backupId } of [older, newest])
    for (const name of checksOf(backupId)) rmSync(fileOf(backupId, name));
  lab.simulator.faults.clear();
});

async function verify(input: object): Promise<VerifyResult> {
  const workflowId = `verify-${Math.random()}`;
  const options = { taskQueue: TASK_QUEUE, workflowId, args: [input] };
  return (await server.client.workflow.execute(VERIFY_WORKFLOW, options)) as VerifyResult;
}

function fileOf(backupId: string, name: string): string {
  return path.join(lab.storeDir, 'demo', backupId, name);
}

function checksOf(backupId: string): string[] {
  return readdirSync(path.dirname(fileOf(backupId, 'x'))).filter((name) => name.startsWith('check.'));
}

function recordOf(backupId: string): CheckRecord {
  const [name = ''] = checksOf(backupId);
  return CheckRecord.parse(JSON.parse(readFileSync(fileOf(backupId, name), 'utf8')));
}

/** Changes one file for as long as `act` takes. */
async function withDamage<T>(backupId: string, name: string, change: (bytes: Buffer) => Buffer | null, act: () => Promise<T>): Promise<T> {
  const [file, kept] = [fileOf(backupId, name), path.join(programs, 'kept')];
  copyFileSync(file, kept);
  const changed = change(readFileSync(file));
  if (changed === null) rmSync(file);
  else writeFileSync(file, changed);
  try {
    return await act();
  } finally {
    copyFileSync(kept, file);
  }
}

const flip = (bytes: Buffer) => {
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  return bytes;
};

describe('workflows: verify', () => {
  it('finds a set whole, and says so beside it without touching the manifest', async () => {
    const before = readFileSync(fileOf(newest.backupId, 'manifest.json'), 'utf8');

    expect(await verify({ cluster: 'demo' })).toEqual({
      cluster: 'demo',
      sets: [{ backupId: newest.backupId, problems: [] }],
    });

    expect(readFileSync(fileOf(newest.backupId, 'manifest.json'), 'utf8')).toBe(before);
    const { ok, findings } = recordOf(newest.backupId);
    expect(ok).toBe(true);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['manifest.local', 'zeebe.complete', 'webapps.complete', 'dump.web-modeler']),
    );
    expect(checksOf(older.backupId)).toEqual([]);
  }, 60_000);

  it.each<[string, string, (bytes: Buffer) => Buffer | null, RegExp]>([
    ['a flipped byte in the manifest', 'manifest.json', (bytes) => Buffer.from(bytes.toString().replace('sequential', 'sequentiaL')), /is not as it was written/],
    ['a manifest that was cut off', 'manifest.json', (bytes) => bytes.subarray(0, -20), /is not a manifest/],
    ['a flipped byte in a dump', 'web-modeler.sql.zst', flip, /dump\.web-modeler: .*(sha256|decompressed)/],
    ['a dump that was cut off', 'web-modeler.sql.zst', (bytes) => bytes.subarray(0, -1), /dump\.web-modeler: /],
    ['a dump that is gone', 'web-modeler.sql.zst', () => null, /dump\.web-modeler: .* is gone/],
  ])('%s: fails, records it, and the list shows it', async (_, name, change, problem) => {
    const run = withDamage(newest.backupId, name, change, () =>
      verify({ cluster: 'demo', backupId: newest.backupId }),
    );

    if (name === 'manifest.json' && problem.source.includes('not a manifest'))
      await expect(run).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
    else {
      await expect(run).rejects.toMatchObject({
        cause: { type: 'VerifyFailed', message: expect.stringMatching(problem) },
      });
      expect(recordOf(newest.backupId).ok).toBe(false);
      const { entries } = await listCatalog([lab.dependencies.store('local')]);
      expect(entries[0]?.check).toMatchObject({ ok: false });
    }
  }, 60_000);
});
