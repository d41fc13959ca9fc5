import { describe, expect, it } from '@jest/globals';
import type { Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { call, until } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const id = 1000;
const recordsPerMs = 3;
const options = {
  profile: '8.6',
  loadPerSecond: recordsPerMs * 1000,
  partMs: 40,
  transients: false,
} as const;

type Step = 'soft' | 'hard' | 'settle' | 'zeebe' | 'records' | 'wait' | 'flush';

/** What each partition says of itself, as the product could read it. */
async function readPositions({ urls }: Simulator) {
  const { body } = await call('GET', `${urls.zeebe}/actuator/partitions`);
  return Object.values(body as Record<string, { exportedPosition: number }>).map((it) => it.exportedPosition);
}

async function highestRecords({ urls }: Simulator) {
  const index = `${urls.searchEngine}/zeebe-record*`;
  await call('POST', `${index}/_refresh`);
  const aggs = { p: { terms: { field: 'partitionId' }, aggs: { m: { max: { field: 'position' } } } } };
  const { body } = await call('POST', `${index}/_search`, { body: { size: 0, aggs } });
  const { buckets } = (body as { aggregations: { p: { buckets: { m: { value: number } }[] } } }).aggregations
    .p;
  return buckets.map(({ m }) => m.value);
}

/** Runs the steps and judges the cut from answers alone, beside the truth that only the simulator knows. */
async function takeSet(simulator: Simulator, flushDelayMs: number, steps: Step[]) {
  const { urls } = simulator;
  let heldAtLeast: number[] = [];
  let heldAtMost: number[] = [];
  const passRecords = async (count: number) => {
    const from = simulator.exporting()[0]?.processedPosition ?? 0;
    await until(
      () => simulator.exporting()[0]?.processedPosition ?? 0,
      (now) => now > from + count,
    );
  };
  const run: Record<Step, () => Promise<unknown>> = {
    soft: () => call('POST', `${urls.zeebe}/actuator/exporting/pause?soft=true`, { body: {} }),
    hard: () => call('POST', `${urls.zeebe}/actuator/exporting/pause`, { body: {} }),
    wait: () => passRecords(600),
    settle: () => passRecords(recordsPerMs * flushDelayMs + 100),
    flush: async () => {
      const from = simulator.exporting()[0]?.processedPosition ?? 0;
      await until(
        () => simulator.exporting(),
        (now) => now.every((it) => it.heldPosition > from),
      );
    },
    zeebe: async () => {
      await call('POST', `${urls.zeebe}/actuator/backups`, { body: { backupId: id } });
    },
    records: async () => {
      heldAtLeast = await readPositions(simulator);
      const name = `camunda_zeebe_records_backup_${id}?wait_for_completion=true`;
      await call('PUT', `${urls.searchEngine}/_snapshot/camunda/${name}`, {
        body: { indices: 'zeebe-record*' },
      });
      heldAtMost = await highestRecords(simulator);
    },
  };
  await until(
    () => simulator.exporting(),
    (now) => now.every((it) => it.exportedPosition > 1000),
  );
  for (const step of steps) await run[step]();

  const { body } = await call('GET', `${urls.zeebe}/actuator/backups/${id}`);
  const { details } = body as {
    details: { partitionId: number; snapshotId: string; checkpointPosition: number }[];
  };
  const byPartition = details.toSorted((a, b) => a.partitionId - b.partitionId);
  const noLoss = byPartition.every(
    ({ snapshotId }, i) => Number(snapshotId.split('-')[3]) <= (heldAtLeast[i] ?? 0),
  );
  const noOrphans = byPartition.every(
    ({ checkpointPosition }, i) => (heldAtMost[i] ?? Infinity) <= checkpointPosition,
  );
  const damage = simulator.damage(id);
  return {
    judged: { noLoss, noOrphans },
    truth: {
      noLoss: damage.every(({ lost }) => lost === 0),
      noOrphans: damage.every(({ orphans }) => orphans === 0),
    },
  };
}

describe('simulator/cut: a proof from its answers agrees with what the snapshots hold', () => {
  const good: [string, Step[]][] = [
    ['sequential: hard, settled, Zeebe first', ['hard', 'settle', 'zeebe', 'wait', 'records']],
    ['hard, settled, records first', ['hard', 'settle', 'records', 'wait', 'zeebe']],
    ['history-first: soft, Zeebe last', ['soft', 'flush', 'records', 'flush', 'zeebe']],
  ];
  it.each(good)('good: %s', async (_, steps) => {
    const simulator = await start({ ...options, flushDelayMs: 60 });

    const { judged, truth } = await takeSet(simulator, 60, steps);

    expect(judged).toEqual({ noLoss: true, noOrphans: true });
    expect(truth).toEqual(judged);
  });

  const broken: [string, Step[], { noLoss: boolean; noOrphans: boolean }][] = [
    ['no pause, Zeebe first', ['zeebe', 'flush', 'records'], { noLoss: true, noOrphans: false }],
    ['soft, Zeebe first', ['soft', 'zeebe', 'flush', 'records'], { noLoss: true, noOrphans: false }],
    ['no pause, records first', ['records', 'flush', 'zeebe'], { noLoss: false, noOrphans: true }],
    [
      'hard, not settled, records first',
      ['hard', 'records', 'settle', 'zeebe'],
      { noLoss: false, noOrphans: true },
    ],
  ];
  it.each(broken)('broken: %s', async (_, steps, wanted) => {
    const simulator = await start({ ...options, flushDelayMs: 500 });

    const { judged, truth } = await takeSet(simulator, 500, steps);

    expect(judged).toEqual(wanted);
    expect(truth).toEqual(judged);
  });
});
