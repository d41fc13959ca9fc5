import { z } from 'zod';
import type { StatusLine } from './status.ts';

/** What can be copied to another place: Zeebe's backup of one id, and the snapshot repository of the search engine. */
export const REPLICA_KINDS = ['zeebe', 'snapshots'] as const;
export type ReplicaKind = (typeof REPLICA_KINDS)[number];

/** What starts a copy. `{"cluster":"prod"}` is enough; the workflow id must be `safepoint/<cluster>/replicate`. */
export const ReplicateInput = z.strictObject({
  cluster: z.string().min(1).describe('Name of a cluster in the config file of the worker'),
  backupId: z
    .string()
    .regex(/^[1-9]\d*$/, 'a positive integer in decimal digits')
    .optional()
    .describe('Default: the newest complete set'),
  readBack: z
    .boolean()
    .optional()
    .describe('Reads every object of the copy back, those that were there before too'),
});
export type ReplicateInput = z.infer<typeof ReplicateInput>;

/** Two names of stores in the config. */
export type ReplicaPair = { from: string; to: string };

/** The config as far as a copy needs it: names only. */
export type ReplicatePlan = {
  cluster: string;
  backupId: string | null;
  store: string;
  readBack: boolean;
  zeebe: ReplicaPair | null;
  snapshots: ReplicaPair | null;
  budgetMs: number;
};

/** The set whose parts are copied, and what must be found in the sources. */
export type ReplicaSet = { backupId: string; partitionCount: number; snapshots: string[] };

const Place = z.object({
  store: z.string().describe('Name in the config'),
  location: z.string().describe('As an operator finds it'),
});

/** `replica.zeebe.json`, `replica.snapshots.json` beside a set: evidence of a whole copy, written when it was checked. */
export const ReplicaRecord = z.object({
  schema: z.literal('safepoint/replica/v1'),
  kind: z.enum(REPLICA_KINDS),
  cluster: z.string(),
  backupId: z.string(),
  from: Place,
  to: Place,
  objects: z.int().describe('All of the copy, whenever they were copied'),
  sizeBytes: z.int(),
  copiedObjects: z.int().describe('Copied by this run'),
  copiedSizeBytes: z.int(),
  mendedObjects: z.int().describe('Were in the target with other bytes than were copied there'),
  removedObjects: z.int().describe('Gone from the source, so removed from the target'),
  listSha256: z
    .string()
    .describe(
      'Hex; of lines `<sha256>  <key>` of all objects in the order of their keys, as sha256sum writes them',
    ),
  readBack: z.boolean().describe('Whether every byte was read back from the target'),
  generation: z.int().optional().describe('N of `index-N`; repositories only'),
  startOvers: z.int().describe('How often the source changed meanwhile'),
  startedAt: z.string(),
  completedAt: z.string(),
  tookMs: z.number(),
  run: z.object({ workflowId: z.string(), runId: z.string() }),
});
export type ReplicaRecord = z.infer<typeof ReplicaRecord>;

/** What `replicate` returns; a run in which a copy fails fails itself. */
export type ReplicateResult = { cluster: string; backupId: string; replicas: ReplicaRecord[] };

/** Answer of `getStatus` on `replicate`. */
export type ReplicateStatus = { cluster: string; backupId: string | null; lines: StatusLine[] };
