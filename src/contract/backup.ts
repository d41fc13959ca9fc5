import { z } from 'zod';
import type { CutProof } from './cut.ts';
import type { PauseProof, ResumeProof, PauseMode } from './exporting.ts';
import type { CutPart, PartResult } from './parts.ts';
import type { ClusterFacts, Finding } from './preflight.ts';

export const PROCEDURE_NAMES = ['sequential', 'parallel', 'history-first'] as const;
export type ProcedureName = (typeof PROCEDURE_NAMES)[number];

/** `cold` is the one of runs with `mode: cold`; nobody chooses it by this name. */
const TAKEN_PROCEDURES = [...PROCEDURE_NAMES, 'cold'] as const;
export type TakenProcedure = (typeof TAKEN_PROCEDURES)[number];

export const BACKUP_MODES = ['hot', 'cold'] as const;

/** What starts a backup: from the UI, the CLI, a schedule or a parent workflow. `{"cluster":"prod"}` is enough. */
export const BackupInput = z
  .strictObject({
    cluster: z.string().min(1).describe('Name of a cluster in the config file of the worker'),
    mode: z
      .enum(BACKUP_MODES)
      .optional()
      .describe('`cold`: Operate, Tasklist and Optimize are stopped, and must be; default: hot'),
    procedure: z
      .enum(PROCEDURE_NAMES)
      .optional()
      .describe('Order and pause, not of a cold backup; default: the procedure of the cluster in the config'),
    backupId: z
      .string()
      .regex(/^[1-9]\d*$/, 'a positive integer in decimal digits')
      .optional()
      .describe('Default: unix seconds, or one more than the newest id seen anywhere'),
  })
  .refine(({ mode, procedure }) => mode !== 'cold' || procedure === undefined, {
    path: ['procedure'],
    message: 'a cold backup has an order of its own; leave out `procedure`, or `mode`',
  });
export type BackupInput = z.infer<typeof BackupInput>;

/** Longest allowed times, all in milliseconds; defaults in the config schema. */
export type Budgets = {
  preflightMs: number;
  partMs: number; // one part, from its trigger to complete
  windowMs: number; // the whole window; past it `backup` resumes exporting itself and ends the window
  dumpMs: number; // one database
  sealMs: number; // verify, store and record
  /** A part without any progress for this long is lost, whatever its state word says. */
  stallMs: number;
  /** A resume that is refused for this long is an alarm. Absent in histories of 0.1.0. */
  resumeMs?: number;
};

/** The config of one cluster as far as a run needs it: no secrets, no URLs. */
export type BackupPlan = {
  cluster: string;
  requestedBackupId: string | null;
  procedure: TakenProcedure;
  pause: PauseMode;
  databases: string[];
  store: string;
  /** Further stores that get every dump and the manifest. Absent in histories of 0.3.0. */
  copies?: string[];
  /** An exporter flushes what it has buffered at most this long after a hard pause. */
  flushDelayMs: number;
  budgets: Budgets;
  /** Sets that the run may begin. Absent in histories of 0.1.0, whose runs began one and cleaned up nothing. */
  attempts?: number;
  /** Whether rotation follows a complete set. Absent in histories before 0.4.0. */
  retain?: boolean;
  /** Copies of the parts are made after the manifest. Absent in histories of 0.3.0 and before. */
  replicate?: boolean;
  searchAttributes: boolean;
};

/** Input of the child `backupWindow`. */
export type WindowInput = { plan: BackupPlan; set: { backupId: string; waves: CutPart[][] } };

/** Result of the child `backupWindow`: the consistent parts and the evidence for their fence. */
export type WindowResult = {
  pause: PauseProof;
  parts: PartResult[];
  resume: ResumeProof;
  /** From the proven pause to the proven resume, on the clock of Temporal. Absent in histories of 0.1.0. */
  tookMs?: number;
};

/** An object that we wrote to a store. */
export type StoredArtifact = {
  name: string; // `web-modeler.sql.zst`
  database: string;
  key: string; // whole key in the store
  sizeBytes: number; // as stored
  rawSizeBytes: number; // before compression
  sha256: string; // of the stored bytes, hex
  rawSha256: string; // before compression, hex
  compression: 'zstd';
  /** Client-side, after compression; the size and digest are those before it. Absent: not encrypted. */
  encryption?: { type: 'age'; recipients: string[]; sizeBytes: number; sha256: string };
  /** Names of the stores that have it. Absent in histories and manifests of 0.3.0: the store of the plan. */
  stores?: string[];
  /** Stores that should have it and do not; one sentence each. */
  notStored?: { store: string; why: string }[];
  startedAt: string;
  completedAt: string;
  tookMs: number;
};

/** One whose content is known only when it was read back, unless it is encrypted. */
export type DumpedArtifact = Omit<StoredArtifact, 'rawSizeBytes' | 'rawSha256'> &
  Partial<Pick<StoredArtifact, 'rawSizeBytes' | 'rawSha256'>>;

export type Verdict = 'complete' | 'partial' | 'failed';

/** What `verify` found, beyond what each part said itself. */
export type VerifyReport = { findings: Finding[]; cut: CutProof };

/** Everything that the last stage needs to verify the set and to write its manifest. */
export type SealInput = {
  plan: BackupPlan;
  backupId: string;
  waves: CutPart[][];
  facts: ClusterFacts;
  warnings: Finding[];
  window: WindowResult;
  artifacts: DumpedArtifact[];
};

const PartLine = z.object({
  part: z.string().describe('A part of the cut, such as `zeebe`, or the name of a database'),
  state: z.string().describe('The word of the component that meant complete, or `STORED` for a dump'),
  tookMs: z.number().describe('Milliseconds'),
  sizeBytes: z.int().nonnegative().optional().describe('Bytes in the store; dumps only'),
});

const FailedSet = z.object({
  backupId: z.string(),
  code: z.string().describe('Of docs/errors.md'),
  message: z.string(),
});
/** A set that a run gave up; it was marked as failed and cleaned up. */
export type FailedSet = z.infer<typeof FailedSet>;

/** What a backup returns, small enough for a parent workflow in any language. A run that gives no usable backup fails instead. */
export const BackupResult = z.object({
  cluster: z.string(),
  backupId: z.string().describe('Decimal digits; a string, as ids may be beyond 2^53'),
  verdict: z
    .enum(['complete', 'partial'])
    .describe('`complete`: every part was verified and the cut is proven. `partial`: see `reasons`'),
  procedure: z.enum(TAKEN_PROCEDURES),
  parts: z.array(PartLine).describe('The parts of the cut in the order taken, then the dumps'),
  windowMs: z.number().describe('Milliseconds for which exporting was paused'),
  cut: z
    .enum(['proven', 'broken', 'not-proven'] satisfies CutProof['outcome'][])
    .describe('Whether the parts are shown to fit together'),
  reasons: z
    .array(z.string())
    .describe('What keeps the verdict from `complete`, one sentence each; empty when complete'),
  manifest: z
    .object({
      store: z.string().describe('Name of a store in the config of the worker'),
      key: z.string().describe('Whole key in the store'),
      sha256: z.string().describe('Of the object, hex'),
    })
    .describe('Where the manifest lies'),
  failedSets: z
    .array(FailedSet)
    .optional()
    .describe('Sets of the same run that were given up before this one, oldest first'),
  replica: z
    .object({
      state: z.enum(['copied', 'failed']),
      workflowId: z.string().describe('Of the run that made the copies'),
      problem: z
        .string()
        .optional()
        .describe('Why there is no whole copy; the set itself is not touched by it'),
    })
    .optional()
    .describe('Copies of the backups of components; only where the cluster has `replicate.afterBackup`'),
});
export type BackupResult = z.infer<typeof BackupResult>;
