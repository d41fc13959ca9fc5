import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readDatabaseFacts } from '../../src/database/facts.ts';
import { scriptFolder, startDatabase, type DatabaseFixture } from './databaseFixture.ts';

let fixture: DatabaseFixture;

beforeAll(async () => {
  fixture = await startDatabase(1);
}, 60_000);

afterAll(async () => {
  await fixture.close();
});

describe('database/facts: readDatabaseFacts', () => {
  it('finds the versions of server and client', async () => {
    const facts = await readDatabaseFacts(fixture.database);

    expect(facts).toMatchObject({ reachable: true, problems: [] });
    expect(facts.serverVersion).toMatch(/^\d+(\.\d+)?$/);
    expect(facts.clientVersion).toBe(facts.serverVersion);
  });

  it('says why the login fails, without the password', async () => {
    process.env.TEST_PG_WRONG = 'a-wrong-password';

    const facts = await readDatabaseFacts({ ...fixture.database, password: { env: 'TEST_PG_WRONG' } });

    expect(facts).toMatchObject({ reachable: false, serverVersion: null });
    expect(facts.problems.join()).toContain('password authentication failed');
    expect(facts.problems.join()).not.toContain('a-wrong-password');
  });

  it('says that the server does not answer', async () => {
    const facts = await readDatabaseFacts({ ...fixture.database, port: 1 });

    expect(facts).toMatchObject({ reachable: false, serverVersion: null });
    expect(facts.problems.join()).toContain('127.0.0.1:1');
  });

  it('says which program is missing', async () => {
    const binDir = await scriptFolder(fixture.dir, 'psql', 'echo "16.2 (Debian 16.2-1)"');

    const facts = await readDatabaseFacts({ ...fixture.database, binDir });

    expect(facts).toMatchObject({ reachable: true, serverVersion: '16.2', clientVersion: null });
    expect(facts.problems).toEqual(['pg_dumpall: could not be started: ENOENT']);
  });

  it('ends on abort with the reason as it is', async () => {
    const binDir = await scriptFolder(fixture.dir, 'psql', 'exec cat /dev/zero >/dev/null');
    const stopping = new AbortController();
    const reason = new Error('cancelled');

    const reading = readDatabaseFacts({ ...fixture.database, binDir }, { signal: stopping.signal });
    stopping.abort(reason);

    await expect(reading).rejects.toBe(reason);
  });
});
