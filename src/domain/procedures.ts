import type { TakenProcedure } from '../contract/backup.ts';
import type { PauseMode } from '../contract/exporting.ts';
import type { CutPart } from '../contract/parts.ts';

export type Procedure = {
  pause: PauseMode;
  /** Parts of a wave run side by side; the next wave starts when all of a wave are complete. */
  waves: readonly (readonly CutPart[])[];
};

/** A run with `mode: cold` has it; it cannot be chosen by name. */
export const COLD = 'cold' satisfies TakenProcedure;

const APPS = ['webapps', 'operate', 'tasklist'] as const satisfies CutPart[];

/**
 * Order and pause of each procedure, as data. With a soft pause Zeebe must be last; with a hard pause every order holds
 * once the exporter has settled (docs/consistency.md has the measurements).
 *  sequential:    the order of Camunda's page, made true by a hard pause
 *  parallel:      the shortest window where the parts are large
 *  history-first: Camunda's own order from 8.8 on; Operate and Tasklist stay fresh, so prefer it for long windows
 *  cold:          the applications are stopped, so one snapshot holds all their indices (docs/cold-backup.md)
 */
export const procedures: Record<TakenProcedure, Procedure> = {
  sequential: { pause: 'hard', waves: [['zeebe'], APPS, ['optimize'], ['zeebe-records']] },
  parallel: { pause: 'hard', waves: [['zeebe', ...APPS, 'optimize', 'zeebe-records']] },
  'history-first': { pause: 'soft', waves: [[...APPS, 'optimize', 'zeebe-records'], ['zeebe']] },
  cold: { pause: 'hard', waves: [['zeebe', 'indices']] },
};

/** The waves of a procedure with only the parts that the cluster has; empty waves disappear. */
export function planWaves(name: TakenProcedure, parts: readonly CutPart[]): CutPart[][] {
  return procedures[name].waves
    .map((wave) => wave.filter((part) => parts.includes(part)))
    .filter((wave) => wave.length > 0);
}
