import { isDeepStrictEqual } from 'node:util';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ScheduleDescription } from '@temporalio/client';
import prettyMilliseconds from 'pretty-ms';
import type { ScheduleConfig } from '../../config/schema.ts';
import { TASK_QUEUE } from '../../contract/names.ts';
import type { CronFields } from '../../domain/daylightSaving.ts';
import { parseCron } from './cron.ts';
import { toScheduleOptions } from './options.ts';

/** What a schedule does, in the words of the config; the same words for what is wanted and for what Temporal has. */
export type ScheduleSettings = {
  cron: string;
  timezone: string;
  jitter: string;
  overlap: string;
  catchupWindow: string;
  input: string; // of each run, JSON
  runs: string; // what is started, and how
};

export function wantedSettings(name: string, schedule: ScheduleConfig): ScheduleSettings {
  const { action } = toScheduleOptions(name, schedule);
  return {
    cron: schedule.cron,
    timezone: schedule.timezone,
    jitter: showSpan(schedule.jitter),
    overlap: schedule.overlap,
    catchupWindow: showSpan(schedule.catchupWindow),
    input: JSON.stringify(action.args[0]),
    runs: `${action.workflowType} on ${TASK_QUEUE} as ${action.workflowId}`,
  };
}

type Raw = NonNullable<ScheduleDescription['raw']['schedule']>;

/** What Temporal has; what no config can have asked for is spelled out, so that it shows as a difference. */
export function seenSettings({ raw: { schedule }, policies, spec }: ScheduleDescription): ScheduleSettings {
  const start = schedule?.action?.startWorkflow;
  const payloads = start?.input?.payloads ?? [];
  const by = `${start?.workflowType?.name} on ${start?.taskQueue?.name} as ${start?.workflowId}`;
  return {
    cron: seenTimes(schedule?.spec),
    timezone: schedule?.spec?.timezoneName || 'UTC',
    jitter: showSpan(spec.jitter ?? 0),
    overlap: String(policies.overlap).toLowerCase().replace('_', '-'),
    catchupWindow: showSpan(policies.catchupWindow),
    input: payloads.map((payload) => JSON.stringify(defaultPayloadConverter.fromPayload(payload))).join(', '),
    runs: policies.pauseOnFailure ? `${by}, paused after a failure` : by,
  };
}

/** The cron text, if the calendar is the one that it stands for and nothing else decides. */
function seenTimes(spec: Raw['spec']): string {
  const [calendar, ...others] = spec?.structuredCalendar ?? [];
  const { comment } = calendar ?? {};
  const isAlone = others.length === 0 && !spec?.interval?.length && !spec?.excludeStructuredCalendar?.length;
  const isForEver = !spec?.startTime && !spec?.endTime;
  if (calendar && comment && isAlone && isForEver && standsFor(comment, calendar)) return comment;
  return `set by hand: ${JSON.stringify({ ...spec, timezoneName: undefined, jitter: undefined })}`;
}

type Calendar = NonNullable<NonNullable<NonNullable<Raw['spec']>['structuredCalendar']>[number]>;

function fieldsOf({ second, minute, hour, dayOfMonth, month, year, dayOfWeek }: Calendar): CronFields | null {
  if (year?.length || valuesOf(second).join() !== '0') return null;
  return {
    minute: valuesOf(minute),
    hour: valuesOf(hour),
    dayOfMonth: valuesOf(dayOfMonth),
    month: valuesOf(month),
    dayOfWeek: valuesOf(dayOfWeek),
  };
}

/** A range may lack what is 0, or for the end what equals the start. */
function valuesOf(ranges: Calendar['minute']): number[] {
  const values = (ranges ?? []).flatMap(({ start, end, step }) => {
    const [from, to, by] = [start ?? 0, Math.max(end ?? 0, start ?? 0), Math.max(step ?? 1, 1)];
    return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
  });
  return [...new Set(values)].sort((a, b) => a - b);
}

function standsFor(cron: string, calendar: Calendar): boolean {
  try {
    return isDeepStrictEqual(parseCron(cron), fieldsOf(calendar));
  } catch {
    return false;
  }
}

function showSpan(milliseconds: number): string {
  return milliseconds === 0 ? '0s' : prettyMilliseconds(milliseconds);
}
