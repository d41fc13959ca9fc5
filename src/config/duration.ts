import { msToNumber, type Duration } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** A time span as people write it (`90 s`, `5m`, `2 hours`); milliseconds in the code. */
export function duration(defaultValue: string) {
  return z
    .string()
    .default(defaultValue)
    .transform((text, context) => {
      try {
        const milliseconds = msToNumber(text as Duration);
        if (milliseconds > 0) return milliseconds;
      } catch {
        // falls through to the issue
      }
      context.addIssue({ code: 'custom', message: 'a time span such as "90 s", "5 m" or "2 h"' });
      return z.NEVER;
    });
}
