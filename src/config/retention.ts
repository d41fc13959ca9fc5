import { z } from 'zod';
import { statedDuration } from './duration.ts';
import { isTimeZone } from './schedules.ts';

const count = z.int().min(0).max(10_000);
const span = statedDuration({ leastMs: 0, least: '0 s' });

/** Which sets rotation keeps; a set stays as long as any rule keeps it. */
export const RetentionConfig = z.strictObject({
  keepLast: count.default(0).describe('The newest complete sets'),
  hourly: count.default(0).describe('The newest complete set of each of so many hours that have one'),
  daily: count.default(0).describe('The same for days'),
  weekly: count.default(0).describe('The same for weeks, from Monday on'),
  monthly: count.default(0).describe('The same for months'),
  yearly: count.default(0).describe('The same for years'),
  keepWithin: span.optional().describe('Every complete set that is younger, such as "3 d"'),
  timezone: z
    .string()
    .refine(isTimeZone, 'a name of the time zone database, such as UTC or Europe/Berlin')
    .default('UTC')
    .describe('Whose days, weeks, months and years'),
  failed: z
    .strictObject({
      keepLast: count.default(3).describe('The newest ones'),
      keepWithin: span.optional().describe('Those that are younger'),
    })
    .prefault({})
    .describe('For sets that are no whole backup: failed, partial, or found damaged'),
  minComplete: z
    .int()
    .min(1)
    .max(10_000)
    .default(2)
    .describe('Never fewer complete and verified sets than this, whatever the rules say'),
  minAge: statedDuration({ leastMs: 0, least: '0 s' })
    .prefault('1 h')
    .describe('Nothing younger is deleted, whatever it is'),
  maxShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Never more than this share of all sets at once; `safepoint prune --force` may'),
});
export type RetentionConfig = z.infer<typeof RetentionConfig>;
