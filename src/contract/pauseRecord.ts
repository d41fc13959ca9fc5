import { z } from 'zod';

/**
 * `pause.json`: written into the set before exporting is first asked to pause, after every partition was seen exporting.
 * Without a `resume.json` beside it a pause that is seen may be the one of this set, and nobody else's.
 */
export const PauseRecord = z.object({
  schema: z.literal('safepoint/pause/v1'),
  cluster: z.string(),
  backupId: z.string(),
  pause: z.enum(['soft', 'hard']),
  at: z.string(),
});
export type PauseRecord = z.infer<typeof PauseRecord>;

/** Who proved that exporting runs again: a workflow, the preflight of a later run, an activity whose run is gone, or a person. */
export type ResumedBy = 'window' | 'backup' | 'preflight' | 'sentinel' | 'activity' | 'command';

/** `resume.json`: exporting was proven to run again on every partition, so a pause that is seen later is not of this set. */
export const ResumeRecord = z.object({
  schema: z.literal('safepoint/resume/v1'),
  cluster: z.string(),
  backupId: z.string(),
  by: z.string(),
  at: z.string(),
});
export type ResumeRecord = z.infer<typeof ResumeRecord>;
