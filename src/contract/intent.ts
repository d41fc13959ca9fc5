import { z } from 'zod';

/**
 * `intent.json`, the first object of a set: it takes the id and says who is at it. Written create-only.
 * A set with an intent and no manifest is in flight or failed, never a backup.
 */
export const Intent = z.object({
  schema: z.literal('safepoint/intent/v1'),
  cluster: z.string(),
  backupId: z.string(),
  procedure: z.string(),
  parts: z.array(z.string()),
  databases: z.array(z.string()),
  workflowId: z.string(),
  runId: z.string(), // of the backup workflow; a retried activity knows its own set by it
  startedAt: z.string(),
});
export type Intent = z.infer<typeof Intent>;
