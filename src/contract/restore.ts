import { z } from 'zod';
import { FindingSchema } from './finding.ts';
import type { DumpSource } from './databaseRestore.ts';
import type { HookName, HookResult } from './hooks.ts';
import type { Finding } from './preflight.ts';
import type { StatusLine } from './status.ts';

/** What starts `restore`. Exactly one of `backupId`, `latest` and `before` says which set. */
export type RestoreInput = {
  /** Whose set. */
  cluster: string;
  backupId?: string;
  /** The newest that is complete and whose last check was good. */
  latest?: boolean;
  /** The newest such set that was sealed before this time, ISO 8601. */
  before?: string;
  /** The cluster of the config that gets it; default: the one that it is of. */
  into?: string;
  /** Also a set that is partial, or whose last check failed. */
  force?: boolean;
  /** Acts on its own plan without asking; for drills. */
  unattended?: boolean;
};

/** A dump and the server that it goes to, `host:port`. */
export type PlannedDatabase = { database: string; source: DumpSource; target: string };

/** `indices`: names, as the manifest has them. */
export type PlannedSnapshot = { name: string; part: string; indices: string[] };

/** Which set, and into what: as much of a plan as most steps need. */
export type RestoreRef = Pick<RestorePlan, 'cluster' | 'target' | 'backupId' | 'manifest' | 'restoreId'>;

/** What a restore will do, made by looking, and what it saw. Touches nothing. */
export type RestorePlan = {
  cluster: string;
  /** The cluster of the config that gets it. */
  target: string;
  backupId: string;
  verdict: string;
  /** When its cut was made, ISO 8601. */
  takenAt: string;
  camundaVersion: string;
  plannedAt: string;
  manifest: { store: string; key: string; sha256: string };
  /** Live indices that go, by name. */
  indices: string[];
  /** In the order of their restore. */
  snapshots: PlannedSnapshot[];
  databases: PlannedDatabase[];
  /** What each hook is, as a person reads it. */
  hooks: { hook: HookName; does: string }[];
  /** The same for all tries of one restore, so that a database that one of them has filled is known again. */
  restoreId: string;
  /** A restore that began and did not end. */
  unfinished: RestoreMarker | null;
  /** A snapshot that makes no progress for this long is given up, in milliseconds. */
  stallMs: number;
  /** How long the last whole restore of this cluster took, in milliseconds. */
  lastTookMs: number | null;
  findings: Finding[];
  /** Of all that will be done; an approval quotes it. Hex, 12 digits. */
  digest: string;
};

export const RESTORE_STEPS = [
  'dumps',
  'stop',
  'delete indices',
  'restore indices',
  'zeebe',
  'databases',
  'start',
  'prove',
] as const;
export type RestoreStep = (typeof RESTORE_STEPS)[number];

/** `restore/unfinished.json` beside the sets of the target: what lies between the first step and the proof. */
export const RestoreMarker = z.object({
  schema: z.literal('safepoint/restore-marker/v1'),
  cluster: z.string(),
  target: z.string(),
  backupId: z.string(),
  restoreId: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  startedAt: z.string(),
  /** The step that was begun last. */
  step: z.enum(RESTORE_STEPS),
});
export type RestoreMarker = z.infer<typeof RestoreMarker>;

/** What lies around the indices before a restore, to be compared with what is there after it. Names. */
export type Surroundings = { templates: string[]; aliases: string[] };

export type RestoredIndex = { index: string; documents: number };

/** Answer of the activity that looks at the target in the end. */
export type RestoreProof = {
  /** One sentence for each thing that was seen to be right. */
  proven: string[];
  /** What was not, or could not be, shown. */
  notProven: string[];
};

/** What the last step records. `failure`: absent when all went well. */
export type RestoreInfo = {
  plan: RestorePlan;
  startedAt: string;
  step: RestoreStep;
  steps: StatusLine[];
  hooks: HookResult[];
  indices: RestoredIndex[];
  proof: RestoreProof;
  failure?: { step: string; code: string; message: string };
};

/** What a restore returns. */
export type RestoreResult = {
  cluster: string;
  target: string;
  backupId: string;
  tookMs: number;
  documents: number;
} & RestoreProof;

/** Input of the child `restoreWindow`. */
export type RestoreWindowInput = { plan: RestorePlan };

/** Answer of `getStatus` on `restore`. */
export type RestoreStatus = {
  cluster: string;
  target: string;
  stage: 'plan' | 'approval' | 'restore' | 'done';
  plan: RestorePlan | null;
  window: { workflowId: string; runId: string } | null;
  result?: RestoreResult;
};

/** Answer of `getStatus` on `restoreWindow`. */
export type RestoreWindowStatus = {
  target: string;
  backupId: string;
  lines: StatusLine[];
};

/** `restore.<time to ms>.<ok|failed>.json`: beside the set; what a restore did and what it proved. */
export const RestoreRecord = z.object({
  schema: z.literal('safepoint/restore/v1'),
  cluster: z.string(),
  target: z.string(),
  backupId: z.string(),
  ok: z.boolean(),
  startedAt: z.string(),
  endedAt: z.string(),
  failure: z.object({ step: z.string(), code: z.string(), message: z.string() }).optional(),
  steps: z.array(z.object({ name: z.string(), state: z.string(), tookMs: z.number().optional() })),
  indices: z.array(z.object({ index: z.string(), documents: z.number() })),
  hooks: z.array(z.object({ hook: z.string(), tookMs: z.number(), output: z.string() })),
  proven: z.array(z.string()),
  notProven: z.array(z.string()),
  findings: z.array(FindingSchema),
  workflowId: z.string(),
});
export type RestoreRecord = z.infer<typeof RestoreRecord>;
