import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { poll } from '../../sandbox/stack/poll.ts';
import type { RestoreEngine, RestoringShard } from '../../src/camunda/restorePort.ts';
import { START_MS, startRealEngine, whyNoEngine, type RealEngine } from './support/realEngine.ts';

const SNAPSHOT = 'camunda_operate_7_8.6.0_part_1_of_2';
const NAMES = ['operate-a_', 'operate-b_', 'operate-hidden_'];
const describeReal = whyNoEngine === '' ? describe : describe.skip;

describeReal(`camunda/restoreEngine: a real OpenSearch${whyNoEngine}`, () => {
  let real: RealEngine;
  let engine: RestoreEngine;

  beforeAll(async () => {
    real = await startRealEngine();
    engine = real.client.searchEngine;
    const aliases = { 'operate-a_alias': { is_write_index: false } };
    await real.createIndex('operate-a_', { shards: 2, documents: 25, body: { aliases } });
    await real.createIndex('operate-b_', { documents: 5 });
    await real.createIndex('operate-hidden_', {
      body: { settings: { number_of_shards: 1, number_of_replicas: 1, hidden: true } },
    });
    await real.takeSnapshot(SNAPSHOT, NAMES);
  }, START_MS);
  afterAll(() => real.stop());
  beforeEach(async () => {
    await real.openSearch.deleteIndices(['operate*', 'copy*']);
  });

  const restored = (indices: string[], isDone: (shards: RestoringShard[]) => boolean) =>
    poll('the shards', 20_000, async () => {
      const shards = await engine.readRestoringShards(indices);
      return shards.length > 0 && isDone(shards) ? shards : undefined;
    });
  const allStarted = (shards: RestoringShard[]) => shards.every(({ started }) => started);

  it('reads what a snapshot holds, also of no index, and tells one that is missing', async () => {
    await real.takeSnapshot('of-nothing', ['nothing-*']);

    const whole = await engine.readSnapshot(SNAPSHOT);
    const empty = await engine.readSnapshot('of-nothing');
    const missing = await engine.readSnapshot('camunda_operate_8_8.6.0_part_1_of_2');

    expect(whole).toMatchObject({ name: SNAPSHOT, state: 'SUCCESS', indices: NAMES });
    expect(whole?.shards.map(({ index, shard, whole: isWhole }) => [index, shard, isWhole])).toEqual([
      ['operate-a_', 0, true],
      ['operate-a_', 1, true],
      ['operate-b_', 0, true],
      ['operate-hidden_', 0, true],
    ]);
    expect(empty).toEqual({ name: 'of-nothing', state: 'SUCCESS', indices: [], shards: [] });
    expect(missing).toBeNull();
  });

  it('restores indices with aliases and replicas, and every shard as the snapshot has it', async () => {
    await engine.startRestore({ snapshot: SNAPSHOT, indices: NAMES });

    const shards = await restored(NAMES, allStarted);

    const contents = await engine.readSnapshot(SNAPSHOT);
    const origin = { kind: 'snapshot', repository: 'camunda', snapshot: SNAPSHOT };
    expect(shards).toEqual(
      contents?.shards.map(({ index, shard, files, sizeBytes }) => ({
        index,
        shard,
        started: true,
        origin,
        files,
        sizeBytes,
        recoveredBytes: sizeBytes,
        failure: null,
        waitsFor: null,
      })),
    );
    await expect(engine.countDocuments(NAMES)).resolves.toEqual([
      { index: 'operate-a_', documents: 25 },
      { index: 'operate-b_', documents: 5 },
      { index: 'operate-hidden_', documents: 0 },
    ]);
    await expect(engine.readAliases(['operate'])).resolves.toEqual([
      { index: 'operate-a_', alias: 'operate-a_alias', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });

  it('restores a copy beside the index, without alias or replica', async () => {
    await real.createIndex('operate-a_', { documents: 1 });
    await real.createIndex('copy-made-here');

    await engine.startRestore({
      snapshot: SNAPSHOT,
      indices: ['operate-a_', 'operate-hidden_'],
      renamePrefix: 'copy-',
    });
    await restored(['copy-operate-a_', 'copy-operate-hidden_'], allStarted);

    await expect(engine.listRenamedIndices('copy-')).resolves.toEqual([
      { name: 'copy-operate-a_', original: 'operate-a_' },
      { name: 'copy-operate-hidden_', original: 'operate-hidden_' },
    ]);
    await expect(engine.countDocuments(['operate-a_', 'copy-operate-a_'])).resolves.toEqual([
      { index: 'operate-a_', documents: 1 },
      { index: 'copy-operate-a_', documents: 25 },
    ]);
    await expect(engine.readAliases(['copy', 'operate'])).resolves.toEqual([]);
    const settings = await real.call('GET', '/copy-operate-hidden_/_settings?flat_settings=true');
    expect(settings).toMatchObject({
      'copy-operate-hidden_': { settings: { 'index.number_of_replicas': '0' } },
    });
  });

  it('counts process instances, and not what hangs below them', async () => {
    const list = 'operate-list-view-8.3.0_';
    const joinRelation = { type: 'join', relations: { processInstance: ['activity', 'variable'] } };
    const mappings = { properties: { joinRelation, state: { type: 'keyword' } } };
    await real.createIndex(list, { body: { mappings } });
    const put = (id: string, document: object) => real.call('PUT', `/${list}/_doc/${id}`, document);
    await put('1', { joinRelation: 'processInstance', state: 'ACTIVE' });
    await put('2', { joinRelation: 'processInstance', state: 'COMPLETED' });
    await put('3?routing=1&refresh=true', { joinRelation: { name: 'activity', parent: '1' } });

    const counted = await engine.countInstances([list]);

    expect(counted).toEqual({ all: 2, active: 1 });
  });

  it('does not touch an open index of the name', async () => {
    await real.createIndex('operate-b_', { documents: 2 });

    const start = engine.startRestore({ snapshot: SNAPSHOT, indices: NAMES });

    await expect(start).rejects.toMatchObject({ code: 'IndexInTheWay' });
    await expect(engine.listIndexStates(['operate'])).resolves.toEqual([{ name: 'operate-b_', open: true }]);
    await expect(engine.countDocuments(['operate-b_'])).resolves.toEqual([
      { index: 'operate-b_', documents: 2 },
    ]);
  });

  it('refuses a snapshot that is missing, is not whole, or lacks the index', async () => {
    const nowhere = { 'index.routing.allocation.require.rack': 'none', number_of_replicas: 0 };
    await real.call('PUT', '/operate-red_?wait_for_active_shards=0', { settings: nowhere });
    await real.takeSnapshot('partial', ['operate-red_'], { partial: true });
    await engine.deleteIndices(['operate-red_']);
    const contents = await engine.readSnapshot('partial');

    const starts = [
      engine.startRestore({ snapshot: 'missing', indices: ['operate-a_'] }),
      engine.startRestore({ snapshot: 'partial', indices: ['operate-red_'] }),
      engine.startRestore({ snapshot: SNAPSHOT, indices: ['operate-c_'] }),
    ];

    expect(contents).toMatchObject({ state: 'PARTIAL', shards: [{ index: 'operate-red_', whole: false }] });
    for (const start of starts) await expect(start).rejects.toMatchObject({ code: 'SnapshotUnusable' });
    await expect(engine.listIndexStates(['operate'])).resolves.toEqual([]);
  });

  it('lists closed and hidden indices, and says where their data came from', async () => {
    await real.createIndex('operate-b_', { documents: 1 });
    await real.createIndex('operate-hidden_', { body: { settings: { hidden: true } } });
    await real.call('POST', '/operate-b_/_close');

    const states = await engine.listIndexStates(['operate']);
    const shards = await restored(['operate-b_', 'operate-hidden_', 'operate-gone'], allStarted);

    expect(states).toEqual([
      { name: 'operate-b_', open: false },
      { name: 'operate-hidden_', open: true },
    ]);
    expect(shards.map(({ index, origin }) => [index, origin])).toEqual([
      ['operate-b_', { kind: 'other', word: 'EXISTING_STORE' }],
      ['operate-hidden_', { kind: 'other', word: 'EMPTY_STORE' }],
    ]);
  });

  it('deletes hundreds of indices of long names, those that are gone too', async () => {
    const names = Array.from({ length: 200 }, (_, n) => `operate-${'x'.repeat(80)}-${n}`);
    const there = [names[0] ?? '', names[150] ?? '', names[199] ?? ''];
    for (const name of there) await real.createIndex(name);
    await real.createIndex('operate-other_');

    await engine.deleteIndices(names);
    await engine.deleteIndices(names);

    await expect(engine.listIndexStates(['operate'])).resolves.toEqual([
      { name: 'operate-other_', open: true },
    ]);
  });

  it.each(['operate-*', '_all', '*', '-operate-b_', 'operate-b_,operate-c_', 'other:operate-b_', ''])(
    'deletes nothing by a pattern: "%s"',
    async (name) => {
      await real.createIndex('operate-b_');

      const deletion = engine.deleteIndices(['operate-b_', name]);

      await expect(deletion).rejects.toMatchObject({ code: 'InvalidInput' });
      await expect(engine.listIndexStates(['operate'])).resolves.toHaveLength(1);
    },
  );

  it('tells templates that were changed from those that were not', async () => {
    const template = (shards: number) => ({
      index_patterns: ['operate-t*'],
      template: { settings: { number_of_shards: shards } },
    });
    await real.call('PUT', '/_index_template/operate-t_template', template(1));
    await real.call('PUT', '/_component_template/operate_template', {
      template: { settings: { number_of_replicas: 0 } },
    });
    await real.call('PUT', '/_index_template/other_template', { ...template(1), index_patterns: ['other*'] });
    const before = await engine.readTemplates(['operate', 'tasklist']);

    await real.call('PUT', '/_index_template/operate-t_template', template(3));
    const changed = await engine.readTemplates(['operate', 'tasklist']);
    await real.call('PUT', '/_index_template/operate-t_template', template(1));
    const changedBack = await engine.readTemplates(['operate', 'tasklist']);

    expect(before.map(({ kind, name }) => [kind, name])).toEqual([
      ['component template', 'operate_template'],
      ['index template', 'operate-t_template'],
    ]);
    expect(changed[0]).toEqual(before[0]);
    expect(changed[1]?.sha256).not.toBe(before[1]?.sha256);
    expect(changedBack).toEqual(before);
  });
});
