import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createCleanUpActivities } from '../../src/activities/cleanUp.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { createDumpActivities } from '../../src/activities/dump.ts';
import { createSealActivities } from '../../src/activities/seal.ts';
import type { BackupResult, SealInput } from '../../src/contract/backup.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { scriptFolder } from '../database/databaseFixture.ts';
import { changed } from '../storage/changedStore.ts';
import { runActivity } from '../support/runActivity.ts';
import { captureSet } from './capturedSet.ts';
import { badOnes, CLUSTER, find, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

const SCRIPT = `seq 1 100000; printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''`;
process.env.TEST_COPIES_PASSWORD = 'unused';

let cluster: SimulatedCluster;
let input: SealInput;
let identity: string;

beforeEach(async () => {
  identity = await generateX25519Identity();
  process.env.TEST_COPIES_IDENTITY = `# created: today\n${identity}`;
  const recipients = [await identityToRecipient(identity)];
  cluster = await startCluster({ profile: '8.8', partMs: 0, flushDelayMs: 50 }, (settings) => ({
    ...settings,
    copies: ['offsite'],
    encryption: { recipients, identity: { env: 'TEST_COPIES_IDENTITY' } },
    databases: {
      'web-modeler': { host: 'stand-in', user: 'x', password: { env: 'TEST_COPIES_PASSWORD' } },
    },
  }));
  const { databases } = cluster.deps.config.clusters[CLUSTER] ?? {};
  if (databases?.['web-modeler'] === undefined) throw new Error('there is no database');
  databases['web-modeler'].binDir = await scriptFolder(cluster.folder, 'pg_dumpall', SCRIPT);
  input = await captureSet(cluster);
}, 60_000);

afterEach(async () => {
  await cluster.close();
});

async function dump(deps: ActivityDeps = cluster.deps): Promise<void> {
  const { plan, backupId } = input;
  const activities = createDumpActivities(deps);
  const database = 'web-modeler';
  input.artifacts = [await runActivity(() => activities.dumpDatabase({ plan, backupId, database }))];
}

function seal(deps: ActivityDeps = cluster.deps): Promise<BackupResult> {
  return runActivity(() => createSealActivities(deps).sealSet(input));
}

const DUMP = 'web-modeler.sql.zst.age';
const inMain = (name: string) => path.join(cluster.folder, CLUSTER, '1000', name);
const inOffsite = (name: string) => path.join(cluster.offsite, CLUSTER, '1000', name);

function manifest(): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(inMain('manifest.json'), 'utf8')));
}

/** The same stores, of which one has some methods exchanged. */
function withStore(name: string, changes: Partial<ObjectStore>): ActivityDeps {
  const store = (wanted: string) => {
    const real = cluster.deps.store(wanted);
    return wanted === name ? changed(real, changes) : real;
  };
  return { ...cluster.deps, store };
}

const down = new SafepointError('StoreFailed', 'store offsite: it is down');
const isDown = () => Promise.reject(down);

function flipByte(file: string): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 50) ^ 1, bytes.length - 50);
  writeFileSync(file, bytes);
}

describe('activities: a set in two stores, encrypted', () => {
  it('is complete, with the same dump and manifest in both', async () => {
    await dump();

    const result = await seal();

    expect(result).toMatchObject({ verdict: 'complete', reasons: [] });
    const [artifact] = manifest().artifacts;
    expect(artifact).toMatchObject({ name: DUMP, stores: ['main', 'offsite'], encryption: { type: 'age' } });
    const stored = readFileSync(inMain(DUMP));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(artifact?.sha256);
    expect(readFileSync(inOffsite(DUMP)).equals(stored)).toBe(true);
    expect(readFileSync(inOffsite('manifest.json'), 'utf8')).toBe(
      readFileSync(inMain('manifest.json'), 'utf8'),
    );
    expect(JSON.stringify(manifest())).not.toContain(identity);
    expect(find(await cluster.inspect(), 'encryption.identity').ok).toBe(true);
  });

  it.each([
    ['took no dump', () => dump(withStore('offsite', { putStream: isDown })), 'it is down'],
    [
      'has lost it',
      () =>
        dump().then(() => {
          rmSync(inOffsite(DUMP));
        }),
      'is gone',
    ],
    [
      'has a damaged one',
      () =>
        dump().then(() => {
          flipByte(inOffsite(DUMP));
        }),
      'is damaged: stored sha256',
    ],
  ])('is partial, and says how to repair it, when the copy %s', async (_, happen, why) => {
    await happen();

    const result = await seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([expect.stringContaining(`${DUMP} is not whole in store offsite: `)]);
    expect(result.reasons[0]).toContain(why);
    expect(result.reasons[0]).toContain('`safepoint repair 1000` copies it');
    expect(manifest().artifacts).toMatchObject([{ stores: ['main'] }]);
    expect(JSON.stringify(manifest().artifacts)).not.toContain('notStored');
  });

  it('is partial when the leading store has a damaged dump, and the copy a good one', async () => {
    await dump();
    flipByte(inMain(DUMP));

    const result = await seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons.join()).toContain(`${DUMP} is not whole in store main: `);
    expect(manifest().artifacts).toMatchObject([{ stores: ['offsite'] }]);
    expect(manifest().restore.commands.join('\n')).toContain(`# fetch ${inOffsite(DUMP)}`);
  });

  it('is partial when the copy does not answer at all', async () => {
    await dump();
    const silent = withStore('offsite', {
      head: isDown,
      getStream: isDown,
      putObject: isDown,
      getObject: isDown,
    });

    const result = await seal(silent);

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([
      expect.stringContaining(`${DUMP} is not whole in store offsite: store offsite: it is down`),
      'manifest.json is not in store offsite: store offsite: it is down; `safepoint repair 1000` copies it',
    ]);
    expect(manifest().verdict).toBe('partial');
  });

  it('fails when the dump is damaged in all stores', async () => {
    await dump();
    for (const file of [inMain(DUMP), inOffsite(DUMP)]) flipByte(file);

    await expect(seal()).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringMatching(/dump\.web-modeler: .* is damaged: .*safepoint-offsite.* is damaged: /),
    });

    expect(existsSync(inOffsite('manifest.json'))).toBe(false);
  });

  it('fails when no store takes the dump', async () => {
    rmSync(cluster.offsite, { recursive: true });
    const deps = withStore('main', {
      putStream: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });

    await expect(dump(deps)).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringMatching(/no store has taken .*: main is full; .*does not exist/),
    });
    mkdirSync(cluster.offsite);
  });

  it.each([
    ['another key', () => generateX25519Identity(), 'no key of the identity fits'],
    ['no key', () => Promise.resolve('password'), 'is no age key'],
  ])('is partial where the identity is %s, for the content was not seen', async (_, make, why) => {
    await dump();
    process.env.TEST_COPIES_IDENTITY = await make();

    const result = await seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([expect.stringContaining(`could not be decrypted to see its content: `)]);
    expect(result.reasons[0]).toContain(why);
    expect(manifest().artifacts).toMatchObject([{ stores: ['main', 'offsite'] }]);
    expect(badOnes(await cluster.inspect())).toContain('warning encryption.identity');
  });

  it('compares the bytes alone where there is no identity, and is complete', async () => {
    const { encryption } = cluster.deps.config.clusters[CLUSTER] ?? {};
    delete encryption?.identity;
    await dump();

    const result = await seal();

    expect(result.verdict).toBe('complete');
    const seen = manifest().findings.find(({ check }) => check === 'dump.web-modeler')?.seen;
    expect(seen).toBe('size and sha256 as written, not decrypted; in main, offsite');
    flipByte(inOffsite(DUMP));
    rmSync(inMain('manifest.json'));
    rmSync(inOffsite('manifest.json'));
    expect((await seal()).reasons).toEqual([expect.stringContaining('is damaged: stored sha256')]);
  });
});

describe('activities: the manifest of a set in two stores', () => {
  it('is partial in its result alone when the copy does not take it, until a retry finds that it does', async () => {
    const first = await seal(withStore('offsite', { putObject: isDown }));
    const again = await seal();

    expect(first).toMatchObject({
      verdict: 'partial',
      reasons: [
        'manifest.json is not in store offsite: store offsite: it is down; `safepoint repair 1000` copies it',
      ],
    });
    expect(again).toMatchObject({ verdict: 'complete', manifest: first.manifest });
    expect(readFileSync(inOffsite('manifest.json'), 'utf8')).toBe(
      readFileSync(inMain('manifest.json'), 'utf8'),
    );
  });

  it('has the same bytes in all when the first try reached the copy alone', async () => {
    const broken = withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await expect(seal(broken)).rejects.toMatchObject({ code: 'StoreFailed', message: 'main is full' });
    const written = readFileSync(inOffsite('manifest.json'), 'utf8');

    const result = await seal();

    expect(result.verdict).toBe('complete');
    expect(readFileSync(inMain('manifest.json'), 'utf8')).toBe(written);
    expect(readFileSync(inOffsite('manifest.json'), 'utf8')).toBe(written);
  });

  it('is partial in its result when another manifest lies in the copy, which stays', async () => {
    mkdirSync(path.dirname(inOffsite('manifest.json')), { recursive: true });
    writeFileSync(inOffsite('manifest.json'), 'of somebody else');

    const result = await seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons.join()).toContain('is not the manifest of this run');
    expect(readFileSync(inOffsite('manifest.json'), 'utf8')).toBe('of somebody else');
  });
});

describe('activities/cleanUp: a set in two stores', () => {
  const cleanUp = (deps = cluster.deps) =>
    runActivity(() =>
      createCleanUpActivities(deps).cleanUpSet({ plan: input.plan, backupId: '1000', parts: ['zeebe'] }),
    );

  it('removes dumps of both names from both, and a manifest that only the copy has', async () => {
    await dump();
    const broken = withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await seal(broken).catch(() => undefined);
    writeFileSync(inOffsite('web-modeler.sql.zst'), 'from before it was encrypted');

    const { removed, left } = await cleanUp();

    expect(left).toEqual([]);
    expect(removed.toSorted()).toEqual([
      'manifest in offsite',
      'web-modeler',
      'web-modeler in offsite',
      'zeebe',
    ]);
    for (const file of [
      inMain(DUMP),
      inOffsite(DUMP),
      inOffsite('manifest.json'),
      inOffsite('web-modeler.sql.zst'),
    ])
      expect(existsSync(file)).toBe(false);
  });

  it('leaves all of it where a copy does not let go of the manifest, for that makes it a backup', async () => {
    await dump();
    const broken = withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await seal(broken).catch(() => undefined);
    const locking = withStore('offsite', {
      remove: () => Promise.reject(new SafepointError('ObjectLocked', 'locked until 2027')),
    });

    const { removed, left } = await cleanUp(locking);

    expect([removed, left]).toEqual([[], ['manifest in offsite: locked until 2027']]);
    expect(existsSync(inMain(DUMP))).toBe(true);
    expect(existsSync(inOffsite(DUMP))).toBe(true);
  });

  it('leaves a copy alone that has the manifest of another run', async () => {
    await dump();
    writeFileSync(inOffsite('manifest.json'), 'of somebody else');

    const { left } = await cleanUp();

    expect(left).toEqual([
      expect.stringMatching(/^manifest in offsite: .* is not the manifest of this run$/),
    ]);
    expect(existsSync(inOffsite(DUMP))).toBe(true);
    expect(existsSync(inMain(DUMP))).toBe(false);
  });
});

describe('activities/preflight: copies', () => {
  it('warns of one that takes nothing, and passes', async () => {
    expect(badOnes(await cluster.inspect())).not.toContain('warning copy.offsite');
    rmSync(cluster.offsite, { recursive: true });

    const report = await cluster.inspect();

    expect(badOnes(report)).toContain('warning copy.offsite');
    expect(find(report, 'copy.offsite').seen).toContain('does not exist');
  });
});
