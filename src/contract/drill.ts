import { z } from 'zod';
import { TRIAL_LEVELS, type TrialLevel } from '../domain/setTrial.ts';
import type { DumpSource } from './databaseRestore.ts';
import type { PlannedSnapshot, RestoredIndex, RestoreProof } from './restore.ts';

/** What starts `drill`: `{"cluster":"prod"}` takes the newest complete set, as deep as the config says. */
export type DrillInput = {
  cluster: string;
  backupId?: string;
  level?: TrialLevel;
};

/** The set and what is done with it: no secrets, no addresses. */
export type DrillPlan = {
  cluster: string;
  backupId: string;
  level: TrialLevel;
  /** The cluster of the config whose search engine takes the indices, and whose hooks restore the whole. */
  target: string;
  startedAt: string;
  manifest: { store: string; key: string; sha256: string };
  snapshots: PlannedSnapshot[];
  stallMs: number;
  /** Dumps with a server for drills. */
  databases: { database: string; source: DumpSource }[];
  /** Dumps without one. */
  untried: string[];
};

/** What `drill` returns; one that fails throws. */
export type DrillResult = {
  cluster: string;
  backupId: string;
  level: TrialLevel;
  tookMs: number;
} & RestoreProof;

/** What the last step records. `failure`: absent when all went well. */
export type DrillInfo = {
  plan: DrillPlan;
  indices: RestoredIndex[];
  proof: RestoreProof;
  failure?: { code: string; message: string };
};

/** `drill.<time to ms>.<level>.<ok|failed>.json`: beside the set; what was tried, and what it proved. */
export const DrillRecord = z.object({
  schema: z.literal('safepoint/drill/v1'),
  cluster: z.string(),
  target: z.string(),
  backupId: z.string(),
  level: z.enum(TRIAL_LEVELS),
  ok: z.boolean(),
  startedAt: z.string(),
  endedAt: z.string(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
  indices: z.array(z.object({ index: z.string(), documents: z.number() })),
  proven: z.array(z.string()),
  notProven: z.array(z.string()),
  workflowId: z.string(),
});
export type DrillRecord = z.infer<typeof DrillRecord>;
