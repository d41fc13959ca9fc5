import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { runSql, type Postgres } from '../../sandbox/stack/postgres.ts';
import { dumpDatabase, type DumpRequest } from '../../src/database/dump.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import { inParts } from '../../src/storage/partSize.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { startS3, type S3Server } from '../storage/s3Fixture.ts';
import { startStoreProxy } from '../storage/storeProxy.ts';
import { childrenRunning, scriptFolder, startDatabase, type DatabaseFixture } from './databaseFixture.ts';

const programs = ['pg_dumpall', 'pg_dump', 'zstd', 'seq'];
const rows = 60_000; // 128 MB of SQL, three parts of a multipart upload

let fixture: DatabaseFixture;
let s3: S3Server;
let store: ObjectStore;

beforeAll(async () => {
  fixture = await startDatabase(rows);
  s3 = await startS3();
  store = createObjectStore('s3', s3.config);
}, 120_000);

afterAll(async () => {
  await s3.close();
  await fixture.close();
});

afterEach(async () => {
  expect(childrenRunning(...programs)).toEqual([]);
  expect(await s3.unfinished()).toEqual([]);
});

/** Starts a dump and calls back once when a megabyte of it has gone through. */
function dumpUntilUnderWay(key: string, onUnderWay: () => void, options: Partial<DumpRequest> = {}) {
  let underWay = false;
  return dumpDatabase({
    database: fixture.database,
    stores: [store],
    key,
    onProgress: ({ sizeBytes }) => {
      if (underWay || sizeBytes < 1024 ** 2) return;
      underWay = true;
      onUnderWay();
    },
    ...options,
  });
}

describe('database/dump: a good dump', () => {
  it('restores into another server with all its rows', async () => {
    const result = await dumpDatabase({ database: fixture.database, stores: [store], key: 'good/a.sql.zst' });

    const other = await startDatabase(1);
    const target = { ...other.postgres, password: fixture.postgres.password };
    await runSql(other.postgres, 'postgres', 'drop database web_modeler', 10_000);
    // A dump carries the passwords of the roles, so the session would lose its own in the middle.
    await runSql(other.postgres, 'postgres', `alter role current_user password '${target.password}'`, 10_000);
    await restore(await store.getStream('good/a.sql.zst'), target);
    const count = 'select count(*), sum(length(content)) from file_versions';
    const restored = await runSql(target, 'web_modeler', count, 10_000);
    expect(restored).toBe(await runSql(fixture.postgres, 'web_modeler', count, 10_000));
    expect(restored).toMatch(/^60000\|/);
    expect(await store.head('good/a.sql.zst')).toMatchObject({ sizeBytes: result.sizeBytes });
    await other.close();
  }, 120_000);

  it('has no password in the arguments of the programs it runs', async () => {
    let seen = '';

    await dumpUntilUnderWay('good/arguments', () => {
      seen = childrenRunning(...programs)
        .map(({ commandLine }) => commandLine)
        .join('\n');
    });

    expect(seen).toContain('pg_dumpall');
    expect(seen).toContain('zstd');
    expect(seen).not.toContain(fixture.postgres.password);
  }, 60_000);

  it('comes out whole without the program zstd', async () => {
    const { PATH } = process.env;
    process.env.PATH = '';

    await dumpDatabase({ database: fixture.database, stores: [store], key: 'good/zlib' }).finally(() => {
      process.env.PATH = PATH;
    });

    const sql = await text((await store.getStream('good/zlib')).pipe(createZstdDecompress()));
    expect(sql).toContain('-- PostgreSQL database cluster dump complete');
  }, 60_000);
});

describe('database/dump: a bad dump never becomes an object', () => {
  it('with a wrong password', async () => {
    process.env.TEST_PG_WRONG = 'a-wrong-password';
    const database = { ...fixture.database, password: { env: 'TEST_PG_WRONG' } };

    const failure = await failureOf(dumpDatabase({ database, stores: [store], key: 'bad/password' }));

    expect(failure).toMatchObject({ code: 'AccessDenied' });
    expect(failure.message).toContain('password authentication failed');
    expect(failure.message).not.toContain('a-wrong-password');
    expect(await store.head('bad/password')).toBeNull();
  });

  it.each([['pg_dumpall'], ['pg_dump'], ['zstd']])(
    'when %s is killed in the middle',
    async (program) => {
      const dump = dumpUntilUnderWay('bad/killed', () => {
        for (const { pid } of childrenRunning(program)) process.kill(pid, 'SIGKILL');
      });

      await expect(dump).rejects.toMatchObject({ code: 'DumpFailed' });
      expect(await store.head('bad/killed')).toBeNull();
    },
    60_000,
  );

  it.each([
    ['that fails at its very end', trailerScript('exit 3')],
    ['that was killed at its very end', trailerScript('kill -9 $$')],
  ])('%s', async (_, script) => {
    const binDir = await scriptFolder(fixture.dir, 'pg_dumpall', script);
    const database = { ...fixture.database, binDir };

    const dump = dumpDatabase({ database, stores: [store], key: 'bad/script' });

    await expect(dump).rejects.toMatchObject({ code: 'DumpFailed' });
    expect(await store.head('bad/script')).toBeNull();
  });

  // Any other is read back, which sees it: test/activities/seal.test.ts.
  it.each([
    ['that is encrypted and cut off without an error', 'seq 1 2000000'],
    ['that is encrypted and empty', 'exit 0'],
  ])('%s', async (_, script) => {
    const binDir = await scriptFolder(fixture.dir, 'pg_dumpall', script);
    const recipients = [await identityToRecipient(await generateX25519Identity())];
    const database = { ...fixture.database, binDir };

    const dump = dumpDatabase({ database, stores: [store], key: 'bad/script', recipients });

    await expect(dump).rejects.toMatchObject({ code: 'DumpFailed' });
    expect(await store.head('bad/script')).toBeNull();
  });

  it('with the end of what pg_dumpall said, without the password', async () => {
    const noise = 'i=0; while [ $i -lt 3000 ]; do echo "noise $i" >&2; i=$((i+1)); done';
    const script = `${noise}; echo "secret $PGPASSWORD" >&2; exit 1`;
    const database = { ...fixture.database, binDir: await scriptFolder(fixture.dir, 'pg_dumpall', script) };

    const failure = await failureOf(dumpDatabase({ database, stores: [store], key: 'bad/noise' }));

    expect(failure.message).toMatch(/exit code 1: [^]*secret \*\*\*$/);
    expect(failure.message.length).toBeLessThan(4300);
    expect(failure.message).not.toContain(fixture.postgres.password);
  });

  it('when there is no pg_dumpall', async () => {
    const database = { ...fixture.database, binDir: '/nonexistent' };

    const dump = dumpDatabase({ database, stores: [store], key: 'bad/missing' });

    await expect(dump).rejects.toMatchObject({ code: 'DumpFailed' });
    await expect(dump).rejects.toThrow(/exit code 127: .*\/nonexistent\/pg_dumpall.* No such file/);
    expect(await store.head('bad/missing')).toBeNull();
  });

  it('when the store fails in the middle', async () => {
    const proxy = await startStoreProxy(s3.endpoint);
    proxy.interfere = (line) => (line.includes('partNumber=2') ? 'cut' : 'pass');
    const cut = createObjectStore('s3', { ...s3.config, endpoint: proxy.endpoint });

    const dump = dumpDatabase({ database: fixture.database, stores: [cut], key: 'bad/store' });

    await expect(dump).rejects.toMatchObject({ code: 'StoreFailed' });
    expect(await store.head('bad/store')).toBeNull();
    await proxy.stop();
  }, 60_000);

  it('when the store gives up while the last bytes wait for it', async () => {
    const sizes = Array.from({ length: 8 }, (_, index) => 25_273_000 + 5_000 * index); // what fits into blocks, buffers and pipes
    const binDirs = await Promise.all(
      sizes.map((size) => scriptFolder(fixture.dir, 'pg_dumpall', `head -c ${size} /dev/urandom`)),
    );
    const failure = new SafepointError('StoreFailed', 'no upload can begin');
    const refusing = async (_key: string, body: Readable) => {
      const parts = inParts(body)[Symbol.asyncIterator]();
      await parts.next();
      await sleep(1_000);
      await parts.return?.();
      throw failure;
    };

    const dumps = binDirs.map((binDir) =>
      dumpDatabase({
        database: { ...fixture.database, binDir },
        stores: [{ ...store, putStream: refusing }],
        key: 'bad/last-bytes',
      }),
    );

    expect(await Promise.allSettled(dumps)).toEqual(
      sizes.map(() => ({ status: 'rejected', reason: failure })),
    );
  }, 30_000);

  it.each([['s3'], ['folder']])(
    'when it is cancelled, and the reason of the cancellation stays as it is (%s)',
    async (type) => {
      const stopping = new AbortController();
      const reason = Object.assign(new Error('cancelled'), { name: 'CancelledFailure' });
      const target =
        type === 's3' ? store : createObjectStore('local', { type: 'folder', path: fixture.dir });

      const dump = dumpUntilUnderWay(
        'bad/cancelled',
        () => {
          stopping.abort(reason);
        },
        {
          stores: [target],
          signal: stopping.signal,
        },
      );

      await expect(dump).rejects.toBe(reason);
      expect(await target.head('bad/cancelled')).toBeNull();
      if (type === 'folder') expect(await readdir(path.join(fixture.dir, 'bad'))).toEqual([]);
    },
    60_000,
  );

  it('when the program hangs and is cancelled', async () => {
    const stopping = new AbortController();
    const reason = new Error('cancelled');
    const hanging = await scriptFolder(
      fixture.dir,
      'pg_dumpall',
      "trap '' TERM; echo --; while :; do seq 1 99 >/dev/null; done",
    );
    const database = { ...fixture.database, binDir: hanging };

    const dump = dumpDatabase({ database, stores: [store], key: 'bad/hanging', signal: stopping.signal });
    setImmediate(() => {
      stopping.abort(reason);
    });

    await expect(dump).rejects.toBe(reason);
  }, 20_000);

  // Last: the server is gone afterwards.
  it('when the server is killed in the middle', async () => {
    const dump = dumpUntilUnderWay('bad/server', () => void fixture.postgres.kill());

    await expect(dump).rejects.toMatchObject({ code: 'DumpFailed' });
    expect(await store.head('bad/server')).toBeNull();
  }, 60_000);
});

function trailerScript(end: string): string {
  return `printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''; ${end}`;
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );
}

/** A role of the same name exists on both servers, so its statement fails; the count afterwards decides. */
async function restore(stream: Readable, postgres: Postgres): Promise<void> {
  const login = ['-h', postgres.host, '-p', String(postgres.port), '-U', postgres.user];
  const psql = execa(path.join(postgres.binDir, 'psql'), ['-X', '-q', ...login, 'postgres'], {
    env: { PGPASSWORD: postgres.password },
    stdin: 'pipe',
    reject: false,
  });
  await pipeline(stream, createZstdDecompress(), psql.stdin);
  await psql;
}
