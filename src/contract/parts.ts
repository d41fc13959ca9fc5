import type { ExporterReading } from './exporting.ts';
import type { LatencyHistogram } from './responsiveness.ts';

/** Parts that belong to the consistent cut; `indices` only of a cold backup. Database dumps carry the name of their database instead. */
export const CUT_PARTS = [
  'zeebe',
  'webapps',
  'operate',
  'tasklist',
  'optimize',
  'zeebe-records',
  'indices',
] as const;
export type CutPart = (typeof CUT_PARTS)[number];

/** Parts of the processes that a cold backup needs stopped; they are called the same. */
export const APPLICATIONS = ['webapps', 'operate', 'tasklist', 'optimize'] as const satisfies CutPart[];

/**
 * What a foreign state word means to us. `unknown` is a word that we don't know: it never counts as done.
 * `absent` is "no backup with this id". `starting` covers INCOMPLETE, which a healthy backup shows between two pieces
 * (camunda#33717) and a dead one for ever: only progress tells them apart.
 */
export type PartStateKind = 'absent' | 'starting' | 'running' | 'complete' | 'failed' | 'unknown';

/** One partition of a Zeebe backup, or one snapshot of an index part. */
export type PartPiece = {
  name: string; // `partition 1`, or the snapshot's name
  complete: boolean;
  foreignState: string; // as it came
  partitionId?: number;
  checkpointPosition?: number;
  /** Raft snapshot in a Zeebe backup, `index-term-processed-exported-broker`; absent: everything is exported again. */
  snapshotId?: string;
  brokerVersion?: string;
  failure?: string;
};

/** One answer to "how far is this part?". Source: the part's own status endpoint. */
export type PartStatus = {
  part: CutPart;
  backupId: string;
  kind: PartStateKind;
  foreignState: string; // as it came, for people: `IN_PROGRESS`
  failureReason?: string;
  pieces: PartPiece[];
  /** Pieces that a complete part has, where the answer tells: snapshot names end in `_of_6`. */
  expectedPieces?: number;
  /** Anything that changes while the part is alive; equal for as long as it stands still. */
  progressMark: string;
};

/** Exporter positions beside a part: how the window looked when the part began and when it was complete. */
export type PartFence = {
  before: ExporterReading[];
  after: ExporterReading[];
  /** Highest `position` per partition in the `zeebe-record*` indices after the part; absent where there are none. */
  highestRecords?: RecordPosition[];
};

export type RecordPosition = { partitionId: number; position: number };

/**
 * One captured part of a backup set, as the manifest lists it. Times are ISO 8601 in UTC on the worker's clock,
 * spans are milliseconds.
 */
export type PartResult = {
  part: CutPart;
  backupId: string; // decimal digits
  foreignState: string; // the word that meant complete
  startedAt: string;
  completedAt: string;
  tookMs: number;
  pieces: PartPiece[];
  fence: PartFence;
  responsiveness: AppLatency[];
};

/** Answers of one application to the probes sent while a part was captured. */
export type AppLatency = { app: string; latency: LatencyHistogram };
