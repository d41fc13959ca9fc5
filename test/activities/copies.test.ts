import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateX25519Identity } from 'age-encryption';
import { SafepointError } from '../../src/contract/errors.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { DUMP, startCopiedSet, type CopiedSet } from './copiedSet.ts';
import { badOnes, CLUSTER, find } from './preflight/simulatedCluster.ts';

let set: CopiedSet;
beforeEach(async () => {
  set = await startCopiedSet();
}, 60_000);
afterEach(async () => {
  await set.cluster.close();
});

function manifest(): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(set.inMain('manifest.json'), 'utf8')));
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
    await set.dump();

    const result = await set.seal();

    expect(result).toMatchObject({ verdict: 'complete', reasons: [] });
    const [artifact] = manifest().artifacts;
    expect(artifact).toMatchObject({ name: DUMP, stores: ['main', 'offsite'], encryption: { type: 'age' } });
    const stored = readFileSync(set.inMain(DUMP));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(artifact?.sha256);
    expect(readFileSync(set.inOffsite(DUMP)).equals(stored)).toBe(true);
    expect(readFileSync(set.inOffsite('manifest.json'), 'utf8')).toBe(
      readFileSync(set.inMain('manifest.json'), 'utf8'),
    );
    expect(JSON.stringify(manifest())).not.toContain(set.identity);
    expect(find(await set.cluster.inspect(), 'encryption.identity').ok).toBe(true);
  });

  it.each([
    ['took no dump', () => set.dump(set.withStore('offsite', { putStream: isDown })), 'it is down'],
    [
      'has lost it',
      () =>
        set.dump().then(() => {
          rmSync(set.inOffsite(DUMP));
        }),
      'is gone',
    ],
    [
      'has a damaged one',
      () =>
        set.dump().then(() => {
          flipByte(set.inOffsite(DUMP));
        }),
      'is damaged: stored sha256',
    ],
  ])('is partial, and says how to repair it, when the copy %s', async (_, happen, why) => {
    await happen();

    const result = await set.seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([expect.stringContaining(`${DUMP} is not whole in store offsite: `)]);
    expect(result.reasons[0]).toContain(why);
    expect(result.reasons[0]).toContain('`safepoint repair 1000` copies it');
    expect(manifest().artifacts).toMatchObject([{ stores: ['main'] }]);
    expect(JSON.stringify(manifest().artifacts)).not.toContain('notStored');
  });

  it('is partial when the leading store has a damaged dump, and the copy a good one', async () => {
    await set.dump();
    flipByte(set.inMain(DUMP));

    const result = await set.seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons.join()).toContain(`${DUMP} is not whole in store main: `);
    expect(manifest().artifacts).toMatchObject([{ stores: ['offsite'] }]);
    expect(manifest().restore.commands.join('\n')).toContain(`# fetch ${set.inOffsite(DUMP)}`);
  });

  it('is partial when the copy does not answer at all', async () => {
    await set.dump();
    const silent = set.withStore('offsite', {
      head: isDown,
      getStream: isDown,
      putObject: isDown,
      getObject: isDown,
    });

    const result = await set.seal(silent);

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([
      expect.stringContaining(`${DUMP} is not whole in store offsite: store offsite: it is down`),
      'manifest.json is not in store offsite: store offsite: it is down; `safepoint repair 1000` copies it',
    ]);
    expect(manifest().verdict).toBe('partial');
  });

  it('fails when the dump is damaged in all stores', async () => {
    await set.dump();
    for (const file of [set.inMain(DUMP), set.inOffsite(DUMP)]) flipByte(file);

    await expect(set.seal()).rejects.toMatchObject({
      code: 'SetFailed',
      message: expect.stringMatching(/dump\.web-modeler: .* is damaged: .*safepoint-offsite.* is damaged: /),
    });

    expect(existsSync(set.inOffsite('manifest.json'))).toBe(false);
  });

  it('fails when no store takes the dump', async () => {
    rmSync(set.cluster.offsite, { recursive: true });
    const deps = set.withStore('main', {
      putStream: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });

    await expect(set.dump(deps)).rejects.toMatchObject({
      code: 'StoreFailed',
      message: expect.stringMatching(/no store has taken .*: main is full; .*does not exist/),
    });
    mkdirSync(set.cluster.offsite);
  });

  it.each([
    ['another key', () => generateX25519Identity(), 'no key of the identity fits'],
    ['no key', () => Promise.resolve('password'), 'is no age key'],
  ])('is partial where the identity is %s, for the content was not seen', async (_, make, why) => {
    await set.dump();
    process.env.TEST_COPIES_IDENTITY = await make();

    const result = await set.seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons).toEqual([expect.stringContaining(`could not be decrypted to see its content: `)]);
    expect(result.reasons[0]).toContain(why);
    expect(manifest().artifacts).toMatchObject([{ stores: ['main', 'offsite'] }]);
    expect(badOnes(await set.cluster.inspect())).toContain('warning encryption.identity');
  });

  it('compares the bytes alone where there is no identity, and is complete', async () => {
    const { encryption } = set.cluster.deps.config.clusters[CLUSTER] ?? {};
    delete encryption?.identity;
    await set.dump();

    const result = await set.seal();

    expect(result.verdict).toBe('complete');
    const seen = manifest().findings.find(({ check }) => check === 'dump.web-modeler')?.seen;
    expect(seen).toBe('size and sha256 as written, not decrypted; in main, offsite');
    flipByte(set.inOffsite(DUMP));
    rmSync(set.inMain('manifest.json'));
    rmSync(set.inOffsite('manifest.json'));
    expect((await set.seal()).reasons).toEqual([expect.stringContaining('is damaged: stored sha256')]);
  });
});

describe('activities: the manifest of a set in two stores', () => {
  it('is partial in its result alone when the copy does not take it, until a retry finds that it does', async () => {
    const first = await set.seal(set.withStore('offsite', { putObject: isDown }));
    const again = await set.seal();

    expect(first).toMatchObject({
      verdict: 'partial',
      reasons: [
        'manifest.json is not in store offsite: store offsite: it is down; `safepoint repair 1000` copies it',
      ],
    });
    expect(again).toMatchObject({ verdict: 'complete', manifest: first.manifest });
    expect(readFileSync(set.inOffsite('manifest.json'), 'utf8')).toBe(
      readFileSync(set.inMain('manifest.json'), 'utf8'),
    );
  });

  it('has the same bytes in all when the first try reached the copy alone', async () => {
    const broken = set.withStore('main', {
      putObject: () => Promise.reject(new SafepointError('StoreFailed', 'main is full')),
    });
    await expect(set.seal(broken)).rejects.toMatchObject({ code: 'StoreFailed', message: 'main is full' });
    const written = readFileSync(set.inOffsite('manifest.json'), 'utf8');

    const result = await set.seal();

    expect(result.verdict).toBe('complete');
    expect(readFileSync(set.inMain('manifest.json'), 'utf8')).toBe(written);
    expect(readFileSync(set.inOffsite('manifest.json'), 'utf8')).toBe(written);
  });

  it('is partial in its result when another manifest lies in the copy, which stays', async () => {
    mkdirSync(path.dirname(set.inOffsite('manifest.json')), { recursive: true });
    writeFileSync(set.inOffsite('manifest.json'), 'of somebody else');

    const result = await set.seal();

    expect(result.verdict).toBe('partial');
    expect(result.reasons.join()).toContain('is not the manifest of this run');
    expect(readFileSync(set.inOffsite('manifest.json'), 'utf8')).toBe('of somebody else');
  });
});

describe('activities/preflight: copies', () => {
  it('warns of one that takes nothing, and passes', async () => {
    expect(badOnes(await set.cluster.inspect())).not.toContain('warning copy.offsite');
    rmSync(set.cluster.offsite, { recursive: true });

    const report = await set.cluster.inspect();

    expect(badOnes(report)).toContain('warning copy.offsite');
    expect(find(report, 'copy.offsite').seen).toContain('does not exist');
  });
});
