import { z } from 'zod';

/**
 * `failure.json`: written beside the intent when a run gives its set up, so that the catalog can tell a failed set from
 * one in flight. Best effort: a set with neither this nor a manifest may also be one whose run was terminated.
 */
export const SetFailure = z.object({
  schema: z.literal('safepoint/failure/v1'),
  backupId: z.string(),
  code: z.string(), // of the error catalogue
  message: z.string(),
  failedAt: z.string(),
});
export type SetFailure = z.infer<typeof SetFailure>;
