import { z } from 'zod';
import { CUT_PARTS } from '../../../src/contract/parts.ts';

/** The types of `src/camunda/port.ts`, so that a test can ask at run time whether a value is of them. */

const part = z.enum(CUT_PARTS);
const backupId = z.string().regex(/^\d{1,19}$/);
const count = z.int().nonnegative();
const iso = z.iso.datetime();

export const none = z.undefined();
export const parts = z.array(part);
export const trigger = z.strictObject({
  kind: z.enum(['started', 'adopted']),
  scheduledSnapshots: z.array(z.string()).optional(),
});
export const status = z.strictObject({
  part,
  backupId,
  kind: z.enum(['absent', 'starting', 'running', 'complete', 'failed', 'unknown']),
  foreignState: z.string(),
  failureReason: z.string().optional(),
  pieces: z.array(
    z.strictObject({
      name: z.string(),
      complete: z.boolean(),
      foreignState: z.string(),
      partitionId: z.int().optional(),
      checkpointPosition: z.number().optional(),
      snapshotId: z.string().optional(),
      brokerVersion: z.string().optional(),
      failure: z.string().optional(),
    }),
  ),
  expectedPieces: count.optional(),
  progressMark: z.string(),
});
export const known = z.array(z.strictObject({ part, backupId, foreignState: z.string() }));
export const exporters = z.array(
  z.strictObject({
    partitionId: count,
    leader: z.string(),
    phase: z.string(),
    exportedPosition: z.number().nullable(),
    processedPosition: z.number().nullable(),
  }),
);
export const topology = z.strictObject({
  version: z.string(),
  brokerVersions: z.array(z.string()),
  brokerCount: count,
  partitionCount: count,
  replicationFactor: count,
  partitions: z.array(
    z.strictObject({ partitionId: count, leader: z.string().nullable(), healthy: z.boolean() }),
  ),
});
export const health = z.array(
  z.strictObject({ component: z.string(), url: z.string(), up: z.boolean(), seen: z.string() }),
);
export const settings = z.array(
  z.strictObject({
    component: z.string(),
    repository: z.string().nullable(),
    indexPrefix: z.string().nullable(),
    backupStore: z.string().nullable(),
    flushDelayMs: z.number().nonnegative().nullable(),
    continuousBackups: z.boolean().nullable(),
  }),
);
export const pendingChange = z.string().nullable();
export const clocks = z.array(z.strictObject({ component: z.string(), at: iso }));
export const probes = z.array(z.strictObject({ app: z.string(), ok: z.boolean(), tookMs: count }));
export const engine = z.strictObject({ status: z.string(), engine: z.string(), version: z.string() });
export const yesOrNo = z.boolean();
export const names = z.array(z.string());
export const snapshots = z.array(
  z.strictObject({
    name: z.string(),
    state: z.string(),
    indices: z.array(z.string()),
    failures: z.array(z.string()),
  }),
);
export const indices = z.array(z.strictObject({ name: z.string(), createdAt: iso }));
export const records = z.array(z.strictObject({ partitionId: count, position: z.number() }));
export const percent = z.number().min(0).nullable();
