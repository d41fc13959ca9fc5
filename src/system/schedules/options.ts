import { ScheduleOverlapPolicy, type ScheduleOptions } from '@temporalio/client';
import type { ScheduleConfig } from '../../config/schema.ts';
import type { BackupInput } from '../../contract/backup.ts';
import {
  BACKUP_WORKFLOW,
  DRILL_WORKFLOW,
  RUN_DETAILS,
  scheduleIdOf,
  TASK_QUEUE,
  VERIFY_WORKFLOW,
} from '../../contract/names.ts';
import type { DrillInput } from '../../contract/drill.ts';
import type { VerifyInput } from '../../contract/verification.ts';
import type { CronFields } from '../../domain/daylightSaving.ts';
import { parseCron } from './cron.ts';

const OVERLAP = {
  skip: ScheduleOverlapPolicy.SKIP,
  'buffer-one': ScheduleOverlapPolicy.BUFFER_ONE,
} as const satisfies Record<ScheduleConfig['overlap'], ScheduleOverlapPolicy>;

/**
 * A schedule of the config as Temporal takes it. The cron text goes along as a comment: Temporal keeps calendars only, and
 * people want to read what they wrote. A failed run never pauses the schedule: that would be no backups, in silence.
 */
export function toScheduleOptions(name: string, schedule: ScheduleConfig) {
  return {
    scheduleId: scheduleIdOf(name),
    spec: {
      calendars: [{ ...toCalendar(parseCron(schedule.cron)), comment: schedule.cron }],
      timezone: schedule.timezone,
      jitter: schedule.jitter,
    },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOWS[schedule.run],
      workflowId: `${schedule.run}-${name}`, // Temporal adds the time
      taskQueue: TASK_QUEUE,
      args: [toInput(schedule)],
      staticSummary: `${schedule.run} ${schedule.cluster}, schedule ${name}`,
      ...(schedule.run === 'backup' && { staticDetails: RUN_DETAILS }),
    },
    policies: {
      overlap: OVERLAP[schedule.overlap],
      catchupWindow: schedule.catchupWindow,
      pauseOnFailure: false,
    },
  } satisfies ScheduleOptions;
}

const WORKFLOWS = { backup: BACKUP_WORKFLOW, verify: VERIFY_WORKFLOW, drill: DRILL_WORKFLOW } as const;

function toInput({
  cluster,
  procedure,
  sets,
  level,
}: ScheduleConfig): BackupInput | VerifyInput | DrillInput {
  return {
    cluster,
    ...(procedure === undefined ? {} : { procedure }),
    ...(sets === undefined ? {} : { sets }),
    ...(level === undefined ? {} : { level }),
  };
}

const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
];
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

function toCalendar({ minute, hour, dayOfMonth, month, dayOfWeek }: CronFields) {
  const named =
    <T>(names: readonly T[], first: number) =>
    (value: number) =>
      names[value - first] as T;
  const numbered = (value: number) => value;
  return {
    minute: toRanges(minute, numbered),
    hour: toRanges(hour, numbered),
    dayOfMonth: toRanges(dayOfMonth, numbered),
    month: toRanges(month, named(MONTHS, 1)),
    dayOfWeek: toRanges(dayOfWeek, named(DAYS, 0)),
  };
}

/** Ascending values as stretches without a gap. */
function toRanges<T>(values: readonly number[], toValue: (value: number) => T): { start: T; end: T }[] {
  const stretches: { start: number; end: number }[] = [];
  for (const value of values) {
    const last = stretches.at(-1);
    if (last?.end === value - 1) last.end = value;
    else stretches.push({ start: value, end: value });
  }
  return stretches.map(({ start, end }) => ({ start: toValue(start), end: toValue(end) }));
}
