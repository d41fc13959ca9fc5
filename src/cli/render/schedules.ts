import type { ScheduleChange } from '../../system/schedules/backupSchedules.ts';
import { remarksOf, type ScheduleLine, type SkippedRun } from '../scheduleLines.ts';
import { printable } from './printable.ts';
import { renderTable, showTime } from './table.ts';

const MARKS = { create: '+', update: '~', unchanged: ' ', left: '-' } as const;

/** What `schedule apply` would do, field by field. */
export function renderChanges(
  changes: readonly ScheduleChange[],
  skipped: readonly SkippedRun[],
  prune: boolean,
): string {
  const lines = changes.flatMap(({ name, kind, differences }) => {
    const word = kind === 'left' && !prune ? 'not in the config; --prune removes it' : WORDS[kind];
    const fields =
      kind === 'left'
        ? []
        : differences.map(
            ({ field, from, to }) => `    ${field}: ${from === null ? '' : `${from} -> `}${to ?? ''}`,
          );
    return [`${MARKS[kind]} ${name}: ${word}`, ...fields];
  });
  if (lines.length === 0) lines.push('No schedules, neither in the config nor in Temporal.');
  return printable(`${[...lines, ...skipped.map(renderSkipped)].join('\n')}\n`);
}

const WORDS = {
  create: 'is created',
  update: 'is changed',
  unchanged: 'is as in the config',
  left: 'is removed',
} as const;

function renderSkipped({ name, time, timezone }: SkippedRun): string {
  return `! ${name}: ${time} does not exist in ${timezone}, where clocks are put forward over it: no run then; choose UTC or another hour`;
}

const HEAD = [
  'schedule',
  'cluster',
  'cron',
  'time zone',
  'next run',
  'last run',
  'ended',
  'missed',
  'skipped',
  'remarks',
];

export function renderSchedules(lines: readonly ScheduleLine[]): string {
  if (lines.length === 0) return 'No schedules, neither in the config nor in Temporal.\n';
  const rows = lines.map(({ name, cluster, schedule, lastEnd, ...line }) => [
    name,
    cluster ?? '',
    schedule?.settings.cron ?? '',
    schedule?.settings.timezone ?? '',
    showTime(schedule?.nextAt),
    showTime(schedule?.lastRun?.startedAt),
    lastEnd?.state ?? '',
    String(schedule?.missed ?? ''),
    String(schedule?.skipped ?? ''),
    remarksOf({ schedule, ...line }).join('; '),
  ]);
  return `${renderTable(rows, HEAD)}\n`;
}
