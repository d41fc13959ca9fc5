import { msToNumber, type Duration } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** Longer ones are mistakes, and Temporal takes none beyond its own limits. */
const LONGEST_MS = 366 * 24 * 3_600_000;

/** Shown to people who fill in the field. */
const SpanText = z.string().meta({ examples: ['90 s', '5 m', '2 h'] });

/** A time span as people write it (`90 s`, `5m`, `2 hours`), at most a year; whole milliseconds in the code. */
export function duration(defaultValue: string) {
  return SpanText.default(defaultValue).transform(readSpan({ leastMs: 1 }));
}

/** The same where nothing is assumed: it must be given. `least` is the shortest one allowed, as people write it. */
export function statedDuration({ leastMs, least }: { leastMs: number; least: string }) {
  return SpanText.transform(readSpan({ leastMs, least }));
}

function readSpan({ leastMs, least }: { leastMs: number; least?: string }) {
  return (text: string, context: z.RefinementCtx): number => {
    try {
      const milliseconds = Math.round(msToNumber(text as Duration));
      if (milliseconds >= leastMs && milliseconds <= LONGEST_MS) return milliseconds;
    } catch {
      // falls through to the issue
    }
    const atLeast = least === undefined ? '' : `, at least ${least}`;
    context.addIssue({ code: 'custom', message: `a time span such as "90 s", "5 m" or "2 h"${atLeast}` });
    return z.NEVER;
  };
}
