import { z } from 'zod';
import { FindingSchema } from './finding.ts';

const ExporterReadingSchema = z.object({
  partitionId: z.int(),
  leader: z.string(),
  phase: z.string(),
  exportedPosition: z.number().nullable(),
  processedPosition: z.number().nullable(),
});

const PieceSchema = z.object({
  name: z.string(),
  complete: z.boolean(),
  foreignState: z.string(),
  partitionId: z.int().optional(),
  checkpointPosition: z.number().optional(),
  snapshotId: z.string().optional(),
  brokerVersion: z.string().optional(),
  failure: z.string().optional(),
});

const LatencySchema = z.object({ counts: z.array(z.int()), failed: z.int(), maxMs: z.number() });

const PartSchema = z.object({
  part: z.string(),
  backupId: z.string(),
  foreignState: z.string(),
  startedAt: z.string(),
  completedAt: z.string(),
  tookMs: z.number(),
  pieces: z.array(PieceSchema),
  fence: z.object({
    before: z.array(ExporterReadingSchema),
    after: z.array(ExporterReadingSchema),
    highestRecords: z.array(z.object({ partitionId: z.int(), position: z.number() })).optional(),
  }),
  responsiveness: z.array(z.object({ app: z.string(), latency: LatencySchema })),
});

const SnapshotSchema = z.object({
  name: z.string(),
  part: z.string(),
  state: z.string(),
  indices: z.array(z.string()),
});

const ArtifactSchema = z.object({
  name: z.string(),
  database: z.string(),
  key: z.string(),
  sizeBytes: z.int(),
  rawSizeBytes: z.int(),
  sha256: z.string(),
  rawSha256: z.string(),
  compression: z.literal('zstd'),
  encryption: z
    .object({
      type: z.literal('age'),
      recipients: z.array(z.string()),
      sizeBytes: z.int(),
      sha256: z.string(),
    })
    .optional()
    .describe('Absent: not encrypted. Size and digest are those before encryption'),
  stores: z
    .array(z.string())
    .optional()
    .describe(
      'Stores that had it, verified, when the manifest was written; absent: the one that has the manifest',
    ),
  startedAt: z.string(),
  completedAt: z.string(),
  tookMs: z.number(),
});

const PartitionCutSchema = z.object({
  partitionId: z.int(),
  checkpointPosition: z.number().nullable(),
  restoredExporterPosition: z.number().nullable(),
  heldAtLeast: z.number().nullable(),
  heldAtMost: z.number().nullable(),
  heldAtMostSource: z.enum(['zeebe-records', 'frozen-exporter', 'newest-record']).nullable(),
  noLoss: z.boolean().nullable(),
  noOrphans: z.boolean().nullable(),
  fenceHeld: z.boolean().nullable(),
});

/**
 * `manifest.json`: what a restore needs when all else is gone. The last object of a set, written create-only; a set
 * without one is not a backup. Times are ISO 8601 in UTC, spans milliseconds, sizes bytes, digests hex.
 */
export const Manifest = z.object({
  schema: z.literal('safepoint/manifest/v1'),
  tool: z.object({ name: z.literal('safepoint'), version: z.string() }),
  cluster: z.string(),
  backupId: z.string(),
  verdict: z.enum(['complete', 'partial']),
  reasons: z.array(z.string()),
  startedAt: z.string(),
  completedAt: z.string(),
  camunda: z.object({
    version: z.string(),
    partitionCount: z.int(),
    replicationFactor: z.int(),
    brokerCount: z.int(),
  }),
  procedure: z.object({
    name: z.string(),
    pause: z.enum(['soft', 'hard']),
    waves: z.array(z.array(z.string())),
  }),
  window: z.object({
    pausedAt: z.string(),
    resumedAt: z.string(),
    tookMs: z.number(),
    paused: z.array(ExporterReadingSchema),
    resumed: z.array(ExporterReadingSchema),
  }),
  parts: z.array(PartSchema),
  searchEngine: z.object({
    repository: z.string().nullable(),
    snapshots: z.array(SnapshotSchema),
    indexPrefixes: z.record(z.string(), z.string()),
  }),
  artifacts: z.array(ArtifactSchema),
  cut: z.object({
    outcome: z.enum(['proven', 'broken', 'not-proven']),
    partitions: z.array(PartitionCutSchema),
    reasons: z.array(z.string()),
  }),
  responsiveness: z.array(z.object({ app: z.string(), latency: LatencySchema })),
  findings: z.array(FindingSchema),
  restore: z.object({ commands: z.array(z.string()) }),
  run: z.object({ workflowId: z.string(), runId: z.string() }),
});
export type Manifest = z.infer<typeof Manifest>;
export type ManifestSnapshot = z.infer<typeof SnapshotSchema>;
