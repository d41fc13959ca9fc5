import { z } from 'zod';
import { FindingSchema } from './finding.ts';

/** `hold.json`: written by a person; rotation keeps the set for as long as it lies there. */
export const Hold = z.object({
  schema: z.literal('safepoint/hold/v1'),
  backupId: z.string(),
  reason: z.string(),
  by: z.string(), // user and host
  heldAt: z.string(),
});
export type Hold = z.infer<typeof Hold>;

/**
 * `tombstone.json`: the first object of a deletion and its last one. It says what a half-deleted set still may have in Camunda,
 * when manifest and intent are gone.
 */
export const Tombstone = z.object({
  schema: z.literal('safepoint/tombstone/v1'),
  cluster: z.string(),
  backupId: z.string(),
  parts: z.array(z.string()),
  reasons: z.array(z.string()), // why it was deleted
  workflowId: z.string(),
  deletedAt: z.string(),
});
export type Tombstone = z.infer<typeof Tombstone>;

/** `check.<time>.<ok|failed>.json`: one later look at a set. The manifest is never written again. */
export const CheckRecord = z.object({
  schema: z.literal('safepoint/check/v1'),
  cluster: z.string(),
  backupId: z.string(),
  ok: z.boolean(),
  /** Whether Camunda has every part and one store the manifest and every dump, whatever is wrong with the copies. */
  restorable: z.boolean().optional(), // since 0.5.0
  checkedAt: z.string(),
  findings: z.array(FindingSchema),
});
export type CheckRecord = z.infer<typeof CheckRecord>;
