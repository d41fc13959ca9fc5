import { describe, expect, it } from '@jest/globals';
import { judgeShards } from '../../../src/activities/restore/judgeShards.ts';
import type { RestoringShard } from '../../../src/camunda/restorePort.ts';

const expected = [
  { index: 'a', shard: 0, whole: true, files: 4, sizeBytes: 500 },
  { index: 'a', shard: 1, whole: true, files: 3, sizeBytes: 400 },
  { index: 'b', shard: 0, whole: true, files: 1, sizeBytes: 208 },
];
const target = { repository: 'camunda', snapshot: 'part-1', expected };
const origin = { kind: 'snapshot', repository: 'camunda', snapshot: 'part-1' } as const;
const moved = { kind: 'moved' } as const;

/** All three shards as in the snapshot, but for what a case says of one of them. */
function seen(changed: Partial<RestoringShard> = {}, at = 0): RestoringShard[] {
  return expected.map(({ index, shard, files, sizeBytes }, position) => ({
    index,
    shard,
    started: true,
    origin,
    files,
    sizeBytes,
    recoveredBytes: sizeBytes,
    failure: null,
    waitsFor: null,
    ...(position === at ? changed : {}),
  }));
}

const none = new Set<string>();
const own = new Set(['a', 'b']);

describe('activities/restore: judgeShards', () => {
  it.each([
    ['starts what is not there', [], none, { kind: 'start', indices: ['a', 'b'] }],
    [
      'starts the rest where one index is there already',
      seen().slice(0, 2),
      none,
      { kind: 'start', indices: ['b'] },
    ],
    ['waits until what it has started shows', [], own, { kind: 'wait' }],
    ['waits for a shard', seen({ started: false }), none, { kind: 'wait' }],
    ['is done when all are as in the snapshot', seen(), none, { kind: 'restored' }],
    [
      'takes a moved shard beside one that was not',
      seen({ origin: moved, files: 9 }),
      none,
      { kind: 'restored' },
    ],
    [
      'takes a moved index that it has started',
      seen({ origin: moved, files: 9 }, 2),
      own,
      { kind: 'restored' },
    ],
  ])('%s', (_, shards, started, judgement) => {
    expect(judgeShards(target, shards, started)).toEqual(judgement);
  });

  it.each([
    ['a moved index of somebody', seen({ origin: moved }, 2), none, /^b exists, and comes from another node/],
    [
      'one that was made',
      seen({ origin: { kind: 'other', word: 'EMPTY_STORE' } }),
      own,
      /^a exists, .*EMPTY_STORE/,
    ],
    [
      'another snapshot',
      seen({ origin: { ...origin, snapshot: 'part-2' } }),
      none,
      /snapshot part-2 of repository camunda/,
    ],
    [
      'another repository',
      seen({ origin: { ...origin, repository: 'copy' } }),
      own,
      /part-1 of repository copy/,
    ],
  ])('leaves %s alone', (_, shards, started, message) => {
    expect(judgeShards(target, shards, started)).toEqual({
      kind: 'failed',
      code: 'IndexInTheWay',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [
      'a shard that the engine gave up',
      seen({ started: false, failure: 'checksum failed' }, 1),
      /^shard 1 of a .*checksum failed/,
    ],
    [
      'fewer files',
      seen({ files: 3 }),
      /^shard 0 of a has 3 files with 500 bytes, but 4 files with 500 bytes/,
    ],
    ['fewer bytes', seen({ sizeBytes: 499 }), /499 bytes, but/],
    [
      'a shard too few',
      seen().filter(({ index, shard }) => index !== 'a' || shard !== 1),
      /^shard 1 of a .*missing/,
    ],
    ['a shard too many', [...seen(), ...seen({ shard: 5 }).slice(0, 1)], /^4 shards are there, but 3/],
  ])('does not take %s for restored', (_, shards, message) => {
    expect(judgeShards(target, shards, none)).toEqual({
      kind: 'failed',
      code: 'RestoreIncomplete',
      message: expect.stringMatching(message),
    });
  });
});
