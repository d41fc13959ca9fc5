import { z } from 'zod';
import { PROCEDURE_NAMES } from '../contract/backup.ts';
import { parseSets } from '../domain/chooseSets.ts';
import { TRIAL_LEVELS } from '../domain/setTrial.ts';
import { parseCron } from '../system/schedules/cron.ts';
import { messageOf } from '../system/redact.ts';
import { statedDuration } from './duration.ts';

const CronText = z.string().superRefine((text, context) => {
  try {
    parseCron(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `a cron text: ${messageOf(error)}` });
  }
});

/**
 * When a cluster is backed up by itself. All of it is stated: what Temporal assumes for a field that is left out is not what
 * one wants of backups (it would take up a missed night for a year).
 */
export const ScheduleConfig = z.strictObject({
  run: z
    .enum(['backup', 'verify', 'drill'])
    .default('backup')
    .describe('What runs: a backup, a look at sets that were taken before, or a drill of the newest one'),
  cluster: z.string().min(1).describe('Name of a cluster under `clusters`'),
  cron: CronText.describe(
    'Minute, hour, day of the month, month, day of the week, such as "0 2 * * *"; days of the month and of the week not both',
  ),
  timezone: z
    .string()
    .refine(isTimeZone, 'a name of the time zone database, such as UTC or Europe/Berlin')
    .describe('Of the cron text, such as UTC or Europe/Berlin; UTC knows no daylight saving'),
  jitter: statedDuration({ leastMs: 0, least: '0 s' }).describe(
    'Each run starts up to this much later, by chance, so that many clusters do not start at once; "0 s" for none',
  ),
  overlap: z
    .enum(['skip', 'buffer-one'])
    .describe(
      'When the run before is still at work: `skip` leaves this one out, `buffer-one` starts one when the other has ended',
    ),
  catchupWindow: statedDuration({ leastMs: 10_000, least: '10 s' }).describe(
    'A run that Temporal could not start in time is started up to this much later, else it counts as missed',
  ),
  procedure: z
    .enum(PROCEDURE_NAMES)
    .optional()
    .describe('Order and pause; default: the procedure of the cluster. Only of a backup'),
  sets: z
    .string()
    .refine((text) => parseSets(text) !== null, 'latest, all, or a share such as 5%')
    .optional()
    .describe(
      'Only with `run: verify`: latest (default), all, or a share such as 5%, those whose last check is longest ago',
    ),
  level: z
    .enum(TRIAL_LEVELS)
    .optional()
    .describe('Only with `run: drill`: how much is restored; default: that of the cluster'),
});
export type ScheduleConfig = z.infer<typeof ScheduleConfig>;

/** Temporal takes names only, and heeds upper and lower case. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
