import { z } from 'zod';
import type { PartStateKind } from '../../contract/parts.ts';
import { excerpt } from '../../system/http/answer.ts';

/** Words of all components for a backup and its pieces, snapshots of the search engine included. */
const KINDS = new Map<string, PartStateKind>([
  ['DOES_NOT_EXIST', 'absent'],
  ['INCOMPLETE', 'starting'],
  ['IN_PROGRESS', 'running'],
  ['STARTED', 'running'],
  ['COMPLETED', 'complete'],
  ['COMPLETE', 'complete'], // Optimize in Camunda's documentation
  ['SUCCESS', 'complete'],
  ['FAILED', 'failed'],
  ['PARTIAL', 'failed'],
  ['INCOMPATIBLE', 'failed'],
  ['DELETED', 'failed'],
]);

export function kindOfState(word: string): PartStateKind {
  return KINDS.get(word.toUpperCase()) ?? 'unknown';
}

const LONGEST_WORD = 100;

/** A state as it came, cut where it is no word, and what it means to us: one that we don't know is `unknown`, which is never done. */
export const ForeignState = z
  .string()
  .transform((word) => {
    const kind = kindOfState(word);
    // What is no word of theirs could be anything, so it is shown as any other foreign text.
    return { foreign: kind === 'unknown' ? excerpt(word).slice(0, LONGEST_WORD) : word, kind };
  });
export type ForeignState = z.infer<typeof ForeignState>;
