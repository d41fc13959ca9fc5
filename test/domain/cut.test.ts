import { describe, expect, it } from '@jest/globals';
import { EXPORTER_PHASES, type ExporterReading, type PauseMode } from '../../src/contract/exporting.ts';
import type { CutPart, PartPiece, PartResult, RecordPosition } from '../../src/contract/parts.ts';
import { exporterPositionIn, proveCut, type CutEvidence } from '../../src/domain/cut.ts';

/** One partition, readings given by the exported position only. */
function reading(
  exportedPosition: number | null,
  mode: PauseMode,
  changes: Partial<ExporterReading> = {},
): ExporterReading {
  return {
    partitionId: 1,
    leader: 'http://broker-0:9600',
    phase: EXPORTER_PHASES[mode],
    exportedPosition,
    processedPosition: 7000,
    ...changes,
  };
}

function part(
  name: CutPart,
  options: {
    before: ExporterReading;
    after: ExporterReading;
    pieces?: PartPiece[];
    highestRecords?: RecordPosition[];
    startedAt?: string;
  },
): PartResult {
  const { before, after, pieces = [], highestRecords } = options;
  return {
    part: name,
    backupId: '1000',
    foreignState: 'COMPLETED',
    startedAt: options.startedAt ?? '2026-11-22T10:00:00.000Z',
    completedAt: '2026-11-22T10:00:10.000Z',
    tookMs: 10_000,
    pieces,
    fence: { before: [before], after: [after], ...(highestRecords === undefined ? {} : { highestRecords }) },
    responsiveness: [],
  };
}

function checkpoint(checkpointPosition: number, snapshotId?: string): PartPiece[] {
  return [
    {
      name: 'partition 1',
      complete: true,
      foreignState: 'COMPLETED',
      partitionId: 1,
      checkpointPosition,
      ...(snapshotId === undefined ? {} : { snapshotId }),
    },
  ];
}

/** Hard pause, Zeebe first, settled at 6200 before the index parts: the default procedure, all well. */
function hardEvidence(
  changes: {
    zeebe?: Partial<Parameters<typeof part>[1]>;
    operate?: Partial<Parameters<typeof part>[1]>;
  } = {},
): CutEvidence {
  return {
    pause: 'hard',
    partitionCount: 1,
    paused: [reading(6100, 'hard')],
    waves: [['zeebe'], ['operate']],
    parts: [
      part('zeebe', {
        before: reading(6100, 'hard'),
        after: reading(6200, 'hard'),
        pieces: checkpoint(6458, '1031-1-6266-6170-0'),
        ...changes.zeebe,
      }),
      part('operate', {
        before: reading(6200, 'hard'),
        after: reading(6200, 'hard'),
        highestRecords: [{ partitionId: 1, position: 6200 }],
        ...changes.operate,
      }),
    ],
  };
}

describe('domain/cut: proveCut', () => {
  it('proves a settled hard pause from the numbers of the backup and of the fence', () => {
    const proof = proveCut(hardEvidence());

    expect(proof).toMatchObject({ outcome: 'proven', reasons: [] });
    expect(proof.partitions[0]).toMatchObject({
      checkpointPosition: 6458,
      restoredExporterPosition: 6170,
      heldAtLeast: 6200,
      heldAtMost: 6200,
      heldAtMostSource: 'zeebe-records',
    });
  });

  it('takes an absent raft snapshot as exporting everything again', () => {
    const proof = proveCut(hardEvidence({ zeebe: { pieces: checkpoint(6458) } }));

    expect(proof.outcome).toBe('proven');
    expect(proof.partitions[0]?.restoredExporterPosition).toBe(-1);
  });

  it('proves a cluster that never exported anything', () => {
    const idle = reading(-1, 'hard');

    const proof = proveCut({
      pause: 'hard',
      partitionCount: 1,
      paused: [idle],
      waves: [['zeebe'], ['operate']],
      parts: [
        part('zeebe', { before: idle, after: idle, pieces: checkpoint(1) }),
        part('operate', { before: idle, after: idle }),
      ],
    });

    expect(proof).toMatchObject({ outcome: 'proven', reasons: [] });
  });

  it('finds the loss of an exporter that flushed after the index part was taken', () => {
    // The measured hazard: the raft snapshot in the backup ends at 23075, the index part held 22375.
    const proof = proveCut({
      ...hardEvidence(),
      parts: [
        part('operate', {
          before: reading(22_375, 'hard'),
          after: reading(22_375, 'hard'),
          highestRecords: [{ partitionId: 1, position: 22_375 }],
        }),
        part('zeebe', {
          before: reading(23_075, 'hard'),
          after: reading(23_075, 'hard'),
          pieces: checkpoint(25_000, '3853-2-24967-23075'),
        }),
      ],
    });

    expect(proof.outcome).toBe('broken');
    expect(proof.partitions[0]?.noLoss).toBe(false);
    expect(proof.reasons.join()).toContain('records between are lost');
  });

  it('finds orphans: records in the index parts beyond the checkpoint', () => {
    const proof = proveCut(
      hardEvidence({ operate: { highestRecords: [{ partitionId: 1, position: 6459 }] } }),
    );

    expect(proof.outcome).toBe('broken');
    expect(proof.partitions[0]?.noOrphans).toBe(false);
  });

  it.each([
    ['a phase that drifted', { phase: 'EXPORTING' }],
    ['another leader', { leader: 'http://broker-1:9600' }],
    ['a position that moved', { exportedPosition: 6300 }],
    ['a position that went back to the raft snapshot', { exportedPosition: 6170 }],
  ])('does not hold the fence with %s', (_, change) => {
    const proof = proveCut(hardEvidence({ operate: { after: reading(6200, 'hard', change) } }));

    expect(proof).toMatchObject({ outcome: 'broken', partitions: [{ fenceHeld: false }] });
  });

  it('freezes a soft pause at once: a move before the first index part counts already', () => {
    const soft = (paused: number): CutEvidence => ({
      pause: 'soft',
      partitionCount: 1,
      paused: [reading(paused, 'soft')],
      waves: [['operate'], ['zeebe']],
      parts: [
        part('operate', {
          before: reading(6200, 'soft'),
          after: reading(6200, 'soft'),
          highestRecords: [{ partitionId: 1, position: 6900 }],
        }),
        part('zeebe', {
          before: reading(6200, 'soft'),
          after: reading(6200, 'soft'),
          pieces: checkpoint(7100, '9-1-6266-6170-0'),
        }),
      ],
    });

    const held = proveCut(soft(6200));
    const moved = proveCut(soft(6100));

    expect(held.outcome).toBe('proven');
    expect(moved.partitions[0]?.fenceHeld).toBe(false);
  });

  it('does not take a partition without records left for one that holds nothing', () => {
    const proof = proveCut(hardEvidence({ operate: { highestRecords: [] } }));

    expect(proof.partitions[0]).toMatchObject({ heldAtMost: 6200, heldAtMostSource: 'frozen-exporter' });
  });

  it('takes the frozen exporter where it is beyond the highest record', () => {
    const proof = proveCut(
      hardEvidence({
        zeebe: { pieces: checkpoint(6190, '9-1-6100-6100-0') },
        operate: { highestRecords: [{ partitionId: 1, position: 6180 }] },
      }),
    );

    expect(proof).toMatchObject({ outcome: 'broken', partitions: [{ heldAtMost: 6200, noOrphans: false }] });
  });

  it('falls back to the newest record under a soft pause, but only when Zeebe came last', () => {
    const evidence = (waves: CutPart[][]): CutEvidence => ({
      pause: 'soft',
      partitionCount: 1,
      paused: [reading(6200, 'soft')],
      waves,
      parts: [
        part('webapps', {
          before: reading(6200, 'soft'),
          after: reading(6200, 'soft', { processedPosition: 7050 }),
        }),
        part('zeebe', {
          before: reading(6200, 'soft'),
          after: reading(6200, 'soft'),
          pieces: checkpoint(7100, '9-1-6266-6170-0'),
          startedAt: '2026-11-21T10:00:00.000Z', // by a worker whose clock is a day behind
        }),
      ],
    });

    const last = proveCut(evidence([['webapps'], ['zeebe']]));
    const beside = proveCut(evidence([['webapps', 'zeebe']]));

    expect(last).toMatchObject({
      outcome: 'proven',
      partitions: [{ heldAtMost: 7050, heldAtMostSource: 'newest-record' }],
    });
    expect(beside).toMatchObject({ outcome: 'not-proven', partitions: [{ noOrphans: null }] });
  });

  it.each([
    ['no Zeebe part', (evidence: CutEvidence) => ({ ...evidence, parts: evidence.parts.slice(1) })],
    [
      'a raft snapshot id of another form',
      () => hardEvidence({ zeebe: { pieces: checkpoint(6458, 'abc') } }),
    ],
    ['a leader that gave no position', () => hardEvidence({ operate: { before: reading(null, 'hard') } })],
    ['a partition that no reading names', (evidence: CutEvidence) => ({ ...evidence, partitionCount: 2 })],
  ])('does not claim a proof with %s', (_, change) => {
    const proof = proveCut(change(hardEvidence()));

    expect(proof.outcome).toBe('not-proven');
    expect(proof.reasons).not.toEqual([]);
  });
});

describe('domain/cut: exporterPositionIn', () => {
  it.each([
    ['1031-1-6266-6170-0', 6170],
    ['2953-1-32506-21602', 21_602],
    ['1031-1-6266-6170-broker-a', 6170],
    [undefined, -1],
    ['5-1-12--1-0', -1],
    ['6170', null],
  ])('reads %s as %s', (snapshotId, position) => {
    expect(exporterPositionIn(snapshotId)).toBe(position);
  });
});
