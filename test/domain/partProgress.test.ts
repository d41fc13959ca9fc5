import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PartStatus } from '../../src/contract/parts.ts';
import { describeProgress, judgePart, pollIntervalMs } from '../../src/domain/partProgress.ts';

const running: PartStatus = {
  part: 'operate',
  backupId: '1000',
  kind: 'running',
  foreignState: 'IN_PROGRESS',
  pieces: [
    { name: 'part_1_of_6', complete: true, foreignState: 'SUCCESS' },
    { name: 'part_2_of_6', complete: false, foreignState: 'STARTED', failure: 'shard 0 failed' },
  ],
  expectedPieces: 6,
  progressMark: '1',
};
const stallMs = 600_000;

describe('domain/partProgress: judgePart', () => {
  it.each(['starting', 'running', 'unknown', 'absent'] as const)('waits for a part that is %s', (kind) => {
    expect(judgePart({ ...running, kind }, 1_000, stallMs)).toEqual({ kind: 'wait' });
  });

  it.each(['starting', 'running', 'unknown'] as const)(
    'takes a part for lost that is %s without progress',
    (kind) => {
      expect(judgePart({ ...running, kind }, stallMs, stallMs)).toMatchObject({
        kind: 'failed',
        code: 'PartStalled',
      });
    },
  );

  it('gives a part that was never seen two minutes', () => {
    const absent = { ...running, kind: 'absent' as const };

    expect(judgePart(absent, 119_000, stallMs)).toEqual({ kind: 'wait' });
    expect(judgePart(absent, 120_000, stallMs)).toMatchObject({ code: 'PartStalled' });
  });

  it('quotes every reason of a failed part', () => {
    const judgement = judgePart({ ...running, kind: 'failed', failureReason: 'disk full' }, 0, stallMs);

    expect(judgement).toEqual({
      kind: 'failed',
      code: 'PartFailed',
      message: 'operate: 1 of 6 snapshots complete (IN_PROGRESS): disk full; part_2_of_6: shard 0 failed',
    });
  });
});

describe('domain/partProgress: pollIntervalMs', () => {
  it('sees a part complete within 250 ms and 1 % of its time, and never looks less than twice a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400_000 }), (waitedMs) => {
        const interval = pollIntervalMs(waitedMs);
        return interval >= 200 && interval <= 250 + waitedMs * 0.01 && interval <= 30_000;
      }),
    );
  });
});

describe('domain/partProgress: describeProgress', () => {
  it('says that nothing is visible yet instead of counting nothing', () => {
    const line = describeProgress({ ...running, kind: 'absent', pieces: [] });

    expect(line).toBe('operate: no backup 1000 visible yet');
  });
});
