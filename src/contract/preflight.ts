import type { CutPart } from './parts.ts';

/** `error` stops the run before anything is touched, `warning` is shown and kept in the manifest. */
export type Severity = 'error' | 'warning' | 'info';

/** One thing preflight looked at. `ok` findings are kept too: they say what was checked. */
export type Finding = {
  check: string; // stable id: `zeebe.health`, `repository.verify`
  ok: boolean;
  severity: Severity; // what it means when not ok
  seen: string;
  fix?: string; // what the operator should do; present when not ok
};

/** Facts about the cluster that preflight discovers and a restore needs. */
export type ClusterFacts = {
  camundaVersion: string;
  partitionCount: number;
  replicationFactor: number;
  brokerCount: number;
  /** Parts that this cluster has, discovered from what each process offers, not from a version. */
  parts: CutPart[];
  repository: string | null;
  indexPrefixes: { operate?: string; tasklist?: string; optimize?: string; zeebeRecords: string };
  /** An exporter flushes what it has buffered at most this long after a hard pause: the larger of config and report. */
  flushDelayMs: number;
};

export type PreflightReport = {
  cluster: string;
  checkedAt: string;
  findings: Finding[];
  /** Absent when the cluster could not be asked. */
  facts?: ClusterFacts;
};

/** A preflight without errors, and the set that it opened: the id is taken and `intent.json` lies in the store. */
export type OpenedSet = {
  backupId: string;
  waves: CutPart[][];
  facts: ClusterFacts;
  warnings: Finding[];
};
