import { z } from 'zod';
import { ForeignState } from './foreignState.ts';
import { PartitionId } from './partitionId.ts';

/** `GET /`: only OpenSearch names a distribution. */
export const EngineInfo = z.object({
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
});

/** `GET /_cluster/health`. */
export const EngineHealth = z.object({ status: z.string() });

/** `GET /_snapshot/{repository}`: the repository by its name. */
export const Repositories = z.record(z.string(), z.object({ type: z.string() }));

/** `POST /_snapshot/{repository}/_verify`: the nodes that can write to it. */
export const RepositoryVerified = z.object({ nodes: z.record(z.string(), z.unknown()) });

/** `PUT /_snapshot/{repository}/{name}?wait_for_completion=false`. */
export const SnapshotAccepted = z.object({ accepted: z.literal(true) });

/** `GET /_snapshot/{repository}/{name or pattern}`. */
export const Snapshots = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      state: ForeignState,
      indices: z.array(z.string()).default([]),
      failures: z.array(z.unknown()).default([]),
      reason: z.string().nullish(),
    }),
  ),
});
export type Snapshots = z.infer<typeof Snapshots>;

/** `GET /_snapshot/_status`, of all that run or of one. */
export const SnapshotProgress = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      shards_stats: z.object({ done: z.number(), total: z.number() }).optional(),
      stats: z.object({ processed: z.object({ size_in_bytes: z.number() }).optional() }).optional(),
    }),
  ),
});

/** Few enough digits for a date. */
const Milliseconds = z.string().regex(/^\d{1,15}$/);

/** `GET /_cat/indices?format=json&h=index,creation.date`; every column is a text, the date in milliseconds. */
export const LiveIndices = z.array(
  z
    .object({ index: z.string(), 'creation.date': Milliseconds.nullish() })
    .transform((row) => ({ name: row.index, createdAt: new Date(Number(row['creation.date'] ?? 0)).toISOString() })),
);

const Percent = z.string().regex(/^\d{1,3}(\.\d+)?$/);

/** `GET /_cat/allocation?format=json&h=node,disk.percent`; the row of unassigned shards has no percentage. */
export const DiskAllocation = z.array(z.object({ 'disk.percent': Percent.nullish() }));

/** `POST /{indices}/_search` for the newest record. */
export const RecordHits = z.object({
  timed_out: z.boolean(),
  _shards: z.object({ failed: z.int() }),
  hits: z.object({
    hits: z.array(z.object({ _source: z.object({ partitionId: PartitionId, position: z.number() }) })),
  }),
});
