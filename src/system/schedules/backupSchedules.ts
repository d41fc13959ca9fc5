import {
  type Client,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleDescription,
} from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { SafepointError } from '../../contract/errors.ts';
import { scheduleIdOf, scheduleNameOf } from '../../contract/names.ts';
import type { Config } from '../../config/schema.ts';
import type { RunRef } from '../runs.ts';
import { toScheduleOptions } from './options.ts';
import { seenSettings, wantedSettings, type ScheduleSettings } from './settings.ts';

/** One of our schedules as Temporal has it. Times ISO 8601; counts since it was created. */
export type BackupSchedule = {
  name: string;
  scheduleId: string;
  /** From the input of its runs; `null` when that names none. */
  cluster: string | null;
  settings: ScheduleSettings;
  paused: { reason: string } | null;
  nextAt: string | null;
  /** When a run was last due, since the schedule was created. */
  lastDueAt: string | null;
  lastRun: (RunRef & { startedAt: string }) | null;
  started: number;
  /** Temporal was away for longer than the catch-up window. */
  missed: number;
  /** The run before was still at work. */
  skipped: number;
  createdAt: string;
};

/** What is to be done so that Temporal has what the config says. `left`: it is no longer in the config. */
export type ScheduleChange = {
  name: string;
  kind: 'create' | 'update' | 'unchanged' | 'left';
  /** Fields that change; `null` where there is nothing on one side. */
  differences: { field: keyof ScheduleSettings; from: string | null; to: string | null }[];
};

/** The schedules of a namespace that `safepoint` made. Unknown names fail with `InvalidInput`. */
export interface BackupSchedules {
  list(): Promise<BackupSchedule[]>;
  compare(wanted: Config['schedules']): Promise<ScheduleChange[]>;
  /** Creates or corrects one. Whether it is paused stays as it is. */
  apply(name: string, wanted: Config['schedules'][string]): Promise<void>;
  /** Starts a run now, whatever the overlap policy: a second one ends as `ClusterBusy` by itself. */
  trigger(name: string): Promise<void>;
  pause(name: string, reason: string): Promise<void>;
  unpause(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export function createBackupSchedules(client: Client): BackupSchedules {
  const schedules = client.schedule;
  const handle = (name: string) => schedules.getHandle(scheduleIdOf(name));

  async function describeAll(): Promise<[name: string, ScheduleDescription][]> {
    const names: string[] = [];
    for await (const { scheduleId } of schedules.list()) {
      const name = scheduleNameOf(scheduleId);
      if (name !== null) names.push(name);
    }
    const described = names.sort().map(async (name): Promise<[string, ScheduleDescription][]> => {
      const description = await handle(name).describe().catch(unlessGone);
      return description === null ? [] : [[name, description]];
    });
    return (await Promise.all(described)).flat();
  }

  return {
    async list() {
      const all = (await describeAll()).map(async ([name, description]) =>
        toBackupSchedule(name, description, await findLastDue(client, description)),
      );
      return await Promise.all(all);
    },

    async compare(wanted) {
      const present = new Map<string, ScheduleSettings>();
      // Listing lags behind by a moment, so what the config names is asked for by name.
      for (const [name, description] of await describeAll()) present.set(name, seenSettings(description));
      for (const name of Object.keys(wanted).filter((name) => !present.has(name))) {
        const description = await handle(name).describe().catch(unlessGone);
        if (description !== null) present.set(name, seenSettings(description));
      }
      const names = [...new Set([...Object.keys(wanted), ...present.keys()])].sort();
      return names.map((name) => {
        const schedule = wanted[name];
        return toChange(name, present.get(name), schedule && wantedSettings(name, schedule));
      });
    },

    async apply(name, wanted) {
      const options = toScheduleOptions(name, wanted);
      const present = await handle(name).describe().catch(unlessGone);
      if (present === null) await schedules.create(options);
      else await handle(name).update(({ state }) => ({ ...options, state }));
    },

    trigger: (name) => named(name, () => handle(name).trigger(ScheduleOverlapPolicy.ALLOW_ALL)),
    pause: (name, reason) => named(name, () => handle(name).pause(reason)),
    unpause: (name) => named(name, () => handle(name).unpause('unpaused by `safepoint schedule unpause`')),
    remove: (name) => named(name, () => handle(name).delete()),
  };
}

const DAY_MS = 24 * 3_600_000;

/** Looked for in the last day first: a schedule of every minute was due very often in a month. */
async function findLastDue(
  client: Client,
  { scheduleId, info }: ScheduleDescription,
): Promise<string | null> {
  const { namespace } = client.options;
  const nowMs = Date.now();
  for (const days of [1, 32]) {
    const fromMs = Math.max(nowMs - days * DAY_MS, info.createdAt.getTime());
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace,
      scheduleId,
      startTime: msToTs(fromMs),
      endTime: msToTs(nowMs),
    });
    const last = startTime.at(-1);
    if (last) return new Date(tsToMs(last)).toISOString();
  }
  return null;
}

function toBackupSchedule(
  name: string,
  description: ScheduleDescription,
  lastDueAt: string | null,
): BackupSchedule {
  const { scheduleId, state, info } = description;
  const settings = seenSettings(description);
  const last = info.recentActions.at(-1);
  return {
    name,
    scheduleId,
    cluster: clusterIn(settings.input),
    settings,
    paused: state.paused ? { reason: state.note ?? '' } : null,
    nextAt: state.paused ? null : (info.nextActionTimes[0]?.toISOString() ?? null),
    lastDueAt,
    lastRun:
      last === undefined
        ? null
        : {
            workflowId: last.action.workflow.workflowId,
            runId: last.action.workflow.firstExecutionRunId,
            startedAt: last.takenAt.toISOString(),
          },
    started: info.numActionsTaken,
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    createdAt: info.createdAt.toISOString(),
  };
}

function clusterIn(input: string): string | null {
  try {
    const { cluster } = JSON.parse(input) as { cluster?: unknown };
    return typeof cluster === 'string' ? cluster : null;
  } catch {
    return null;
  }
}

function toChange(
  name: string,
  seen: ScheduleSettings | undefined,
  wanted: ScheduleSettings | undefined,
): ScheduleChange {
  const fields = Object.keys(wanted ?? seen ?? {}) as (keyof ScheduleSettings)[];
  const differences = fields
    .map((field) => ({ field, from: seen?.[field] ?? null, to: wanted?.[field] ?? null }))
    .filter(({ from, to }) => from !== to);
  if (wanted === undefined) return { name, kind: 'left', differences };
  if (seen === undefined) return { name, kind: 'create', differences };
  return { name, kind: differences.length === 0 ? 'unchanged' : 'update', differences };
}

async function named(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new SafepointError(
      'InvalidInput',
      `Temporal has no schedule ${JSON.stringify(name)} of Safepoint; \`safepoint schedule list\` shows those that exist, \`safepoint schedule apply\` makes those of the config`,
    );
  }
}

function unlessGone(error: unknown): null {
  if (error instanceof ScheduleNotFoundError) return null;
  throw error;
}
