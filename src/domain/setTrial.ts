import { formatTime, parseTime } from './recordTime.ts';

/** How much of a set a trial restored, the cheapest first; each includes those before it. */
export const TRIAL_LEVELS = ['stored', 'databases', 'indices', 'whole'] as const;
export type TrialLevel = (typeof TRIAL_LEVELS)[number];

/** Whether a trial of this level includes the other one. */
export function reaches(level: TrialLevel, wanted: TrialLevel): boolean {
  return TRIAL_LEVELS.indexOf(level) >= TRIAL_LEVELS.indexOf(wanted);
}

/** One restore of a set, in earnest or as a drill, as the name of its record tells it. `at`: when it ended, ISO 8601. */
export type SetTrial = { kind: 'restore' | 'drill'; at: string; level: TrialLevel; ok: boolean };

const TRIAL = /^(restore|drill)\.([0-9TZ]+)\.(stored|databases|indices|whole)\.(ok|failed)\.json$/;

/** `drill.20261125T190000123Z.indices.ok.json`; a listing need not open it. */
export function trialName({ kind, at, level, ok }: SetTrial): string {
  return `${kind}.${formatTime(at)}.${level}.${ok ? 'ok' : 'failed'}.json`;
}

/** `null` for a name that is no trial. */
export function parseTrialName(name: string): SetTrial | null {
  const [, kind, time = '', level, outcome] = TRIAL.exec(name) ?? [];
  const at = parseTime(time);
  if (at === null) return null;
  return {
    kind: kind === 'restore' ? 'restore' : 'drill',
    at,
    level: TRIAL_LEVELS.find((each) => each === level) ?? 'stored',
    ok: outcome === 'ok',
  };
}

/** The newest first. */
export function listTrials(names: readonly string[]): SetTrial[] {
  return names
    .map(parseTrialName)
    .filter((trial) => trial !== null)
    .sort((left, right) => right.at.localeCompare(left.at));
}

/** The last time that the set was shown to be restorable. One that only read it proves less than any that restored something. */
export function lastProof(newestFirst: readonly SetTrial[]): SetTrial | null {
  const good = newestFirst.filter(({ ok }) => ok);
  return good.find(({ level }) => level !== 'stored') ?? good[0] ?? null;
}
