import type { Config } from '../config/schema.ts';
import type { PreflightReport } from '../contract/preflight.ts';
import type { RetentionPlan } from '../contract/retention.ts';
import type { HandResume } from '../contract/sentinel.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { RunLookup } from '../system/runs.ts';
import type { BackupRuns } from './backupRuns.ts';
import type { ExitCode } from './exitCodes.ts';

/** What the commands need from outside; built in `client.ts`. */
export interface CliDeps {
  version: string;
  /** For results; with `--json` nothing but JSON. */
  stdout: NodeJS.WriteStream;
  /** For progress and errors. */
  stderr: NodeJS.WriteStream;
  loadConfig(path: string | undefined): Config;
  /** The names in a section of the config, which may have problems. */
  readConfigNames(section: 'clusters' | 'schedules', path: string | undefined): string[];
  connect(): Promise<BackupRuns>;
  /** Every store of the config in which sets may be. */
  openStores(config: Config): Promise<ObjectStore[]>;
  inspectCluster(config: Config, cluster: string, options: { cold: boolean }): Promise<PreflightReport>;
  /** As `safepoint resume` does it; nothing of Temporal but what `runs` tells. */
  resumeExporting(
    config: Config,
    cluster: string,
    options: { force: boolean; runs: RunLookup },
  ): Promise<HandResume>;
  /** What rotation would do; `runs` is `null` where Temporal does not answer. */
  planRotation(
    config: Config,
    cluster: string,
    options: { force: boolean; runs: RunLookup | null },
  ): Promise<RetentionPlan>;
  /** Blocks until the process is asked to end. */
  runWorker(config: Config): Promise<void>;
  /** Asks the person at the terminal; `false` where there is none. */
  confirm(question: string): Promise<boolean>;
  /** Aborted by Ctrl-C from now on; without a call Ctrl-C ends the process. */
  catchInterrupt(): AbortSignal;
}

/** Says how a command ended; 0 unless it is called. */
export type Finish = (code: ExitCode) => void;
