import type { Config } from '../config/schema.ts';
import { skippedTimes } from '../domain/daylightSaving.ts';
import type { BackupSchedule, ScheduleChange } from '../system/schedules/backupSchedules.ts';
import { parseCron } from '../system/schedules/cron.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { RunEnd } from './runsOverview.ts';

/** A run that will not be, on the wall of the time zone, such as `2027-03-28 02:30`. */
export type SkippedRun = { name: string; time: string; timezone: string };

/** A schedule of the config, of Temporal, or of both. */
export type ScheduleLine = {
  name: string;
  cluster: string | null;
  config: 'same' | 'differs' | 'not applied' | 'not in the config';
  differences: string[];
  schedule: BackupSchedule | null;
  lastEnd: RunEnd | null;
};

/** Within a year from `nowMs`. */
export function findSkippedRuns(wanted: Config['schedules'], nowMs: number): SkippedRun[] {
  return Object.entries(wanted).flatMap(([name, { cron, timezone }]) =>
    skippedTimes(parseCron(cron), timezone, nowMs).map((time) => ({ name, time, timezone })),
  );
}

const IN_CONFIG = {
  create: 'not applied',
  update: 'differs',
  unchanged: 'same',
  left: 'not in the config',
} as const satisfies Record<ScheduleChange['kind'], ScheduleLine['config']>;

/** Every schedule, be it in the config alone, in Temporal alone or in both. */
export async function readSchedules(runs: BackupRuns, wanted: Config['schedules']): Promise<ScheduleLine[]> {
  const [present, changes] = await Promise.all([runs.schedules.list(), runs.schedules.compare(wanted)]);
  const lines = changes.map(async ({ name, kind, differences }): Promise<ScheduleLine> => {
    const schedule = present.find((other) => other.name === name) ?? null;
    const end = schedule?.lastRun ? await runs.readEnd(schedule.lastRun) : null;
    const fields = differences.map(({ field }) => field);
    return {
      name,
      cluster: schedule?.cluster ?? wanted[name]?.cluster ?? null,
      config: IN_CONFIG[kind],
      differences: kind === 'update' ? fields : [],
      schedule,
      lastEnd: end,
    };
  });
  return await Promise.all(lines);
}

/** What keeps a schedule from doing what the config says. */
export function remarksOf({
  config,
  differences,
  schedule,
}: Pick<ScheduleLine, 'config' | 'differences' | 'schedule'>): string[] {
  const remarks: string[] = [];
  if (config === 'not applied') remarks.push('not in Temporal: run `safepoint schedule apply`');
  if (config === 'not in the config') remarks.push('not in the config');
  if (config === 'differs') remarks.push(`differs from the config in ${differences.join(', ')}`);
  if (schedule?.paused) remarks.push(`paused: ${schedule.paused.reason || 'no reason given'}`);
  return remarks;
}
