import type { ArmedFaults } from '../faults/faults.ts';
import type { SimulatedPart } from '../options.ts';

/** What the faults make of one backup of a part; settled at its trigger. */
export type Course = {
  never: boolean;
  failure?: { piece: number; reason: string }; // piece counts from 0
  stays?: 'IN_PROGRESS' | 'INCOMPLETE';
  notWhole: boolean;
  missing: boolean;
  tooMany: boolean;
  leftOut: string[];
};

export function settleCourse(faults: ArmedFaults, part: SimulatedPart, pieces: number): Course {
  const isOfPart = (fault: { part: string }) => fault.part === part;
  const failure = faults.strike('partFails', isOfPart);
  const leftOut = faults.strike('indexLeftOut', isOfPart);
  const stays = faults.strike('partStays', isOfPart);
  return {
    never: faults.strike('partNeverAppears', isOfPart) !== undefined,
    ...(failure && {
      failure: { piece: (failure.piece ?? pieces) - 1, reason: failure.reason ?? 'Connection reset by peer' },
    }),
    ...(stays && { stays: stays.word }),
    notWhole: faults.strike('pieceNotWhole', isOfPart) !== undefined,
    missing: faults.strike('pieceMissing', isOfPart) !== undefined,
    tooMany: faults.strike('pieceTooMany', isOfPart) !== undefined,
    leftOut: leftOut ? [leftOut.index] : [],
  };
}
