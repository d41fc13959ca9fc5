import { describe, expect, it } from '@jest/globals';
import { deedsOf, indicesInTheWay, snapshotsToRestore } from '../../src/domain/restorePlan.ts';

const manifest = {
  searchEngine: {
    repository: 'camunda',
    indexPrefixes: { operate: 'operate', zeebeRecords: 'zeebe-record' },
    snapshots: [
      {
        name: 'one',
        part: 'operate',
        state: 'SUCCESS',
        indices: ['operate-list-view-8.3.0_', 'camunda-web-session'],
      },
      { name: 'empty', part: 'operate', state: 'SUCCESS', indices: [] },
      { name: 'two', part: 'zeebe-records', state: 'SUCCESS', indices: ['zeebe-record_job_2026-11-25'] },
    ],
  },
};

const plan = {
  ...{ cluster: 'prod', target: 'prod', backupId: '17', indices: ['b', 'a'], databases: [] },
  manifest: { store: 'main', key: 'prod/17/manifest.json', sha256: 'ff' },
  snapshots: [{ name: 'one', part: 'operate', indices: ['a'] }],
  hooks: [{ hook: 'stop' as const, does: 'run stop' }],
};

describe('the plan of a restore', () => {
  it('deletes what has a prefix of the set or a name that it holds, and nothing else', () => {
    const live = [
      'camunda-web-session',
      'camunda-other',
      'operate-new-index',
      'shop-orders',
      '.kibana',
      'my-operate-x',
    ];

    expect(indicesInTheWay(manifest, live)).toEqual(['camunda-web-session', 'operate-new-index']);
  });

  it('restores snapshots in the order of the manifest, without the empty ones', () => {
    expect(snapshotsToRestore(manifest).map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it.each([
    ['an index more', { indices: ['a', 'b', 'c'] }],
    ['another set', { backupId: '18' }],
    ['another target', { target: 'drill' }],
    ['another manifest', { manifest: { ...plan.manifest, sha256: 'fe' } }],
    ['another snapshot', { snapshots: [] }],
    ['another hook', { hooks: [{ hook: 'stop' as const, does: 'run halt' }] }],
  ])('%s is another plan', (_what, change) => {
    expect(deedsOf({ ...plan, ...change })).not.toBe(deedsOf(plan));
  });

  it('the order in which indices were listed is no difference', () => {
    expect(deedsOf({ ...plan, indices: ['a', 'b'] })).toBe(deedsOf(plan));
  });
});
