import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RETAIN_WORKFLOW, TASK_QUEUE, VERIFY_WORKFLOW } from '../../src/contract/names.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import type { PartStatus } from '../../src/contract/parts.ts';
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
async function withDamage<T>(
  backupId: string,
  name: string,
  change: (bytes: Buffer) => Buffer | null,
  act: () => Promise<T>,
): Promise<T> {
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

  it.each<[string, (status: PartStatus) => PartStatus, string | null]>([
    [
      'partitions that were added since make no set incomplete',
      (status) => ({ ...status, kind: 'running', expectedPieces: status.pieces.length + 1 }),
      null,
    ],
    [
      'an application that is no longer there cannot be asked, which is a warning',
      (status) => {
        if (status.part === 'webapps') throw new SafepointError('InvalidConfig', 'there is no webapps');
        return status;
      },
      'cannot be asked any more, only its snapshots: there is no webapps',
    ],
  ])(
    '%s',
    async (_, change, warning) => {
      const camunda = lab.dependencies.camunda('demo');
      const ask = camunda.getBackup.bind(camunda);
      const asking = jest.spyOn(camunda, 'getBackup');
      asking.mockImplementation(async (...which) => change(await ask(...which)));

      const { sets } = await verify({ cluster: 'demo' }).finally(() => {
        asking.mockRestore();
      });

      expect(sets).toEqual([{ backupId: newest.backupId, problems: [] }]);
      const { ok, restorable, findings } = recordOf(newest.backupId);
      expect([ok, restorable]).toEqual([true, true]);
      expect(findings.find((finding) => !finding.ok)?.seen ?? null).toBe(warning);
    },
    60_000,
  );

  it.each<[string, string, (bytes: Buffer) => Buffer | null, RegExp]>([
    [
      'a flipped byte in the manifest',
      'manifest.json',
      (bytes) => Buffer.from(bytes.toString().replace('sequential', 'sequentiaL')),
      /is not as it was written/,
    ],
    ['a manifest that was cut off', 'manifest.json', (bytes) => bytes.subarray(0, -20), /is not a manifest/],
    ['a flipped byte in a dump', 'web-modeler.sql.zst', flip, /dump\.web-modeler: .*(sha256|decompressed)/],
    [
      'a dump that was cut off',
      'web-modeler.sql.zst',
      (bytes) => bytes.subarray(0, -1),
      /dump\.web-modeler: /,
    ],
    ['a dump that is gone', 'web-modeler.sql.zst', () => null, /dump\.web-modeler: .* is gone/],
  ])(
    '%s: fails, records it, and the list shows it',
    async (_, name, change, problem) => {
      const run = withDamage(newest.backupId, name, change, () =>
        verify({ cluster: 'demo', backupId: newest.backupId }),
      );

      await expect(run).rejects.toMatchObject({
        cause: { type: 'VerifyFailed', message: expect.stringMatching(problem) },
      });
      expect(recordOf(newest.backupId).ok).toBe(false);
      const { entries } = await listCatalog([lab.dependencies.store('local')]);
      expect(entries[0]?.check).toMatchObject({ ok: false });
    },
    60_000,
  );

  it.each<[string, () => void, RegExp]>([
    [
      'a part that Camunda has forgotten',
      () => lab.simulator.faults.add({ on: 'GET zeebe status', answer: { status: 404 } }),
      /zeebe\.complete: /,
    ],
    [
      'snapshots that are gone',
      () =>
        lab.simulator.faults.add({
          on: 'GET searchEngine snapshot',
          answer: { status: 200, json: { snapshots: [] } },
        }),
      /snapshot\.camunda_\S+: camunda_\S+ is MISSING/,
    ],
  ])(
    '%s: is found',
    async (_, damage, problem) => {
      damage();

      await expect(verify({ cluster: 'demo' })).rejects.toMatchObject({
        cause: { type: 'VerifyFailed', message: expect.stringMatching(problem) },
      });
      expect(recordOf(newest.backupId).ok).toBe(false);
    },
    60_000,
  );

  it('waits for a Camunda that does not answer, and then finds nothing wrong', async () => {
    const down = lab.simulator.faults.add({ on: 'GET zeebe status', times: 3, answer: { status: 503 } });

    expect(await verify({ cluster: 'demo' })).toMatchObject({ sets: [{ problems: [] }] });
    expect(down.hits()).toBe(3);
  }, 60_000);

  it('all, and a share: those first whose last check is longest ago', async () => {
    expect((await verify({ cluster: 'demo', sets: '50%' })).sets).toMatchObject([
      { backupId: older.backupId },
    ]);
    expect((await verify({ cluster: 'demo', sets: '1%' })).sets).toMatchObject([
      { backupId: newest.backupId },
    ]);
    expect((await verify({ cluster: 'demo', sets: 'all' })).sets).toHaveLength(2);
  }, 60_000);

  it('a set that was found damaged keeps no other one from staying', async () => {
    await expect(
      withDamage(newest.backupId, 'web-modeler.sql.zst', flip, () => verify({ cluster: 'demo' })),
    ).rejects.toMatchObject({ cause: { type: 'VerifyFailed' } });
    const cluster = lab.dependencies.config.clusters.demo;
    if (cluster === undefined) throw new Error('no cluster demo');
    const { RetentionConfig } = await import('../../src/config/retention.ts');
    cluster.retention = RetentionConfig.parse({ keepLast: 1, minComplete: 1, minAge: '0 s' });
    try {
      const options = { taskQueue: TASK_QUEUE, workflowId: 'retain-damaged', args: [{ cluster: 'demo' }] };
      expect(await server.client.workflow.execute(RETAIN_WORKFLOW, options)).toMatchObject({
        deleted: [],
        kept: 2,
      });
    } finally {
      delete cluster.retention;
    }
  }, 60_000);

  it.each<[object, RegExp]>([
    [{ cluster: 'demo', backupId: '1', sets: 'all' }, /give backupId or sets, not both/],
    [{ cluster: 'demo', sets: '0%' }, /sets is "0%", must be latest, all, or a share such as 5%/],
    [{ cluster: 'demo', backupId: '1' }, /no set 1 of demo was sealed/],
    [{ cluster: 'nowhere' }, /no cluster "nowhere"/],
    [{ sets: 'all' }, /cluster is missing/],
  ])('refuses %j', async (input, message) => {
    await expect(verify(input)).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringMatching(message) },
    });
  });
});
