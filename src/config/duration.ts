import { msToNumber, type Duration } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** Longer ones are mistakes, and Temporal takes none beyond its own limits. */
const LONGEST_MS = 366 * 24 * 3_600_000;

type Limits = { leastMs: number; least?: string; longestMs?: number };

/** Shown to people who fill in the field. */
const SpanText = z.string().meta({ examples: ['90 s', '5 m', '2 h'] });

/** A time span as people write it (`90 s`, `5m`, `2 hours`), at most a year; whole milliseconds in the code. */
export function duration(defaultValue: string) {
  return SpanText.default(defaultValue).transform(readSpan({ leastMs: 1 }));
}

/** The same where nothing is assumed: it must be given. `least` is the shortest one allowed, as people write it;
 * `longestMs` instead of a year. */
export function statedDuration(limits: { leastMs: number; least: string; longestMs?: number }) {
  return SpanText.transform(readSpan(limits));
}

function readSpan({ leastMs, least, longestMs = LONGEST_MS }: Limits) {
  return (text: string, context: z.RefinementCtx): number => {
    try {
      const milliseconds = Math.round(msToNumber(text as Duration));
      if (milliseconds >= leastMs && milliseconds <= longestMs) return milliseconds;
    } catch {
      // falls through to the issue
    }
    const atLeast = least === undefined ? '' : `, at least ${least}`;
    context.addIssue({ code: 'custom', message: `a time span such as "90 s", "5 m" or "2 h"${atLeast}` });
    return z.NEVER;
  };
}
