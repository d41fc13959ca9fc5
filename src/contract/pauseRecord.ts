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

/** Who wrote that the pause of a set is over: its window, or later the sentinel or a person. */
export type ResumedBy = 'window' | 'sentinel' | 'command';

/**
 * `resume.json`: exporting was proven to run again on every partition, and no request to pause was on its way any more. So a
 * pause that is seen later is not of this set, and the set never pauses again.
 */
export const ResumeRecord = z.object({
  schema: z.literal('safepoint/resume/v1'),
  cluster: z.string(),
  backupId: z.string(),
  by: z.string(),
  at: z.string(),
});
export type ResumeRecord = z.infer<typeof ResumeRecord>;
