import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { poll } from '../../sandbox/stack/poll.ts';
import { runSql, startPostgres } from '../../sandbox/stack/postgres.ts';
import { startSeaweed } from '../../sandbox/stack/seaweed.ts';
import { startTemporal } from '../../sandbox/stack/temporal.ts';
import { processesUsing } from '../support/processes.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-stack-'));
  // PostgreSQL runs as another user when the tests run as root, and must get through to its own folder.
  await execa('chmod', ['755', dataDir]);
});

afterEach(async () => {
  expect(processesUsing(dataDir)).toEqual([]);
  await rm(dataDir, { recursive: true, force: true });
});

describe('sandbox/stack: single pieces', () => {
  it('starts an S3 server that keeps objects over a restart', async () => {
    const first = await startSeaweed({ dataDir, bucket: 'backups' });
    await s3Client(first).send(new PutObjectCommand({ Bucket: 'backups', Key: 'a/b', Body: 'kept' }));
    await first.stop();

    const second = await startSeaweed({ dataDir, bucket: 'backups' });

    const object = await s3Client(second).send(new GetObjectCommand({ Bucket: 'backups', Key: 'a/b' }));
    await expect(object.Body?.transformToString()).resolves.toBe('kept');
    await second.stop();
  }, 60_000);

  it('starts PostgreSQL with the rows asked for, and again after a crash', async () => {
    const first = await startPostgres({ dataDir, rows: 50 });
    await first.kill();

    const second = await startPostgres({ dataDir, rows: 50 });

    const counted = await runSql(
      second,
      second.database,
      'select count(*), min(length(content)) > 1900 from file_versions',
      5000,
    );
    expect(counted).toBe('50|t');
    expect(second.password).toBe(first.password);
    await second.stop();
  }, 60_000);

  it('refuses a wrong password', async () => {
    const postgres = await startPostgres({ dataDir, rows: 1 });

    const login = runSql({ ...postgres, password: 'guess' }, postgres.database, 'select 1', 5000);

    await expect(login).rejects.toThrow('password authentication failed');
    await postgres.stop();
  }, 60_000);

  it('starts Temporal with its UI and the search attributes', async () => {
    const temporal = await startTemporal({ dataDir });
    const connection = await Connection.connect({ address: temporal.address });

    const count = await new Client({ connection, namespace: temporal.namespace }).workflow.count(
      'Cluster = "demo" and BackupId = "1" and Verdict = "x"',
    );

    expect(count.count).toBe(0);
    expect((await fetch(temporal.uiUrl)).status).toBe(200);
    await connection.close();
    await temporal.stop();
  }, 60_000);

  it('shows the log of a server that does not start', async () => {
    const other = await startTemporal({ dataDir });

    const start = startTemporal({ dataDir, port: Number(other.address.split(':')[1]) });

    await expect(start).rejects.toThrow(
      /Temporal ended while it was starting[^]*End of [^]*address already in use/,
    );
    await other.stop();
  }, 60_000);
});

describe('sandbox/stack: no process outlives its parent', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'exit', 'throw'])(
    'when the parent ends by %s',
    async (end) => {
      const program = path.join(import.meta.dirname, 'startThree.ts');
      const parent = execa(process.execPath, [program, dataDir, end], { reject: false });
      const pids = JSON.parse(await firstOutput(parent)) as number[];
      expect(pids).toHaveLength(3);

      if (end.startsWith('SIG')) parent.kill(end as NodeJS.Signals);
      const result = await parent;

      expect(result.signal ?? result.exitCode).toBe({ exit: 0, throw: 1 }[end] ?? end);
      await poll('the servers to be gone', 5000, () =>
        Promise.resolve(processesUsing(dataDir).length === 0 ? true : undefined),
      );
    },
    60_000,
  );
});

/** What the program prints first. (Leaving execa's own line iterator would wait for the end of the program.) */
async function firstOutput(program: { stdout: NodeJS.ReadableStream }): Promise<string> {
  const [chunk] = (await once(program.stdout, 'data')) as [Buffer];
  return chunk.toString();
}

function s3Client({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
}: Awaited<ReturnType<typeof startSeaweed>>): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
}
