import { Client, Connection, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import {
  ApplicationFailure,
  defaultPayloadConverter,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import type { BackupInput, BackupResult } from '../contract/backup.ts';
import { errorCatalogue, SafepointError, type ErrorCode } from '../contract/errors.ts';
import {
  APPROVE_UPDATE,
  BACKUP_WORKFLOW,
  GET_STATUS_QUERY,
  REPLICATE_WORKFLOW,
  replicateWorkflowId,
  RUN_DETAILS,
  TASK_QUEUE,
} from '../contract/names.ts';
import type { ReplicateInput, ReplicateResult } from '../contract/replica.ts';
import type { BackupStatus, WindowStatus } from '../contract/status.ts';
import { createRunLookup, type RunLookup, type RunRef } from '../system/runs.ts';
import type { TemporalConnection } from '../system/temporal.ts';
import { createBackupSchedules, type BackupSchedules } from '../system/schedules/backupSchedules.ts';
import { CommandError, temporalUnreachable } from './failure.ts';
import {
  countWorkers,
  listOpenRuns,
  listOpenTrials,
  readEnd,
  readSentinel,
  type OpenRun,
  type OpenTrialRun,
  type RunEnd,
} from './runsOverview.ts';

/** What a step of a run says of itself right now, fresher than the status. */
export type StepNote = { text: string; problem: boolean };

/** The backups of a Temporal namespace, as the command needs them. Every method fails with what the SDK throws. */
export interface BackupRuns extends RunLookup {
  readonly namespace: string;
  start(workflowId: string, input: BackupInput): Promise<RunRef>;
  /** Starts another workflow of ours and waits for its result; fails when one runs under this id already. */
  execute<T>(workflow: OtherWorkflow): Promise<T>;
  /** Only starts it. */
  startOther(workflow: OtherWorkflow): Promise<RunRef>;
  /** Waits for the end of a workflow that is no backup. */
  resultOf<T>(run: RunRef): Promise<T>;
  /** As `readStatus`, of any workflow of ours that answers. */
  queryStatus<T>(run: RunRef): Promise<T>;
  /** Approves the plan of a restore. Fails with `PlanOutdated`. */
  approve(run: RunRef, digest: string): Promise<void>;
  /** Waits for the end of the run. */
  result(run: RunRef): Promise<BackupResult>;
  /** Fails with `ClusterBusy` when a copy of the cluster is at work. */
  startReplicate(input: ReplicateInput): Promise<RunRef>;
  replicateResult(run: RunRef): Promise<ReplicateResult>;
  /** Asks a worker; fails within `QUERY_TIMEOUT_MS` when none answers. */
  readStatus(run: RunRef): Promise<BackupStatus>;
  readWindow(run: RunRef): Promise<WindowStatus>;
  /** Asks the server, no worker needed. */
  readNotes(run: RunRef): Promise<StepNote[]>;
  /** How it ended, if it has. */
  readEnd(run: RunRef): Promise<RunEnd>;
  /** Runs of `backup` that are open, the oldest first; `cluster` of all when left out. Lags by about a second. */
  listOpen(cluster?: string): Promise<OpenRun[]>;
  /** Restores and drills that are open. Lags by about a second. */
  listOpenTrials(): Promise<OpenTrialRun[]>;
  cancel(run: RunRef): Promise<void>;
  /** Workers that asked for work of ours within the last minute. */
  countWorkers(): Promise<number>;
  /** The last run of the sentinel; `null` where it never ran. */
  readSentinel(): Promise<(RunEnd & { startedAt: string }) | null>;
  readonly schedules: BackupSchedules;
  close(): Promise<void>;
}

export type OtherWorkflow = { type: string; workflowId: string; input: object; summary: string };

const QUERY_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Fails with a `CommandError` for exit code 6 when Temporal cannot be reached. */
export async function connectBackupRuns({
  connectionOptions,
  namespace,
}: TemporalConnection): Promise<BackupRuns> {
  const connection = await connect(connectionOptions);
  const client = new Client({ connection, namespace });
  const handle = ({ workflowId, runId }: RunRef) => client.workflow.getHandle(workflowId, runId);
  const query = <T>(run: RunRef) =>
    client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle(run).query<T>(GET_STATUS_QUERY));

  return {
    namespace,
    ...createRunLookup(() => client),
    async start(workflowId, input) {
      const started = await client.workflow.start(BACKUP_WORKFLOW, {
        taskQueue: TASK_QUEUE,
        workflowId,
        args: [input],
        staticSummary: `backup ${input.cluster}`,
        staticDetails: RUN_DETAILS,
      });
      return { workflowId, runId: started.firstExecutionRunId };
    },
    async execute<T>({ type, workflowId, input, summary }: OtherWorkflow) {
      return (await client.workflow.execute(type, {
        taskQueue: TASK_QUEUE,
        workflowId,
        args: [input],
        staticSummary: summary,
      })) as T;
    },
    async startOther({ type, workflowId, input, summary }) {
      const started = await client.workflow.start(type, {
        taskQueue: TASK_QUEUE,
        workflowId,
        args: [input],
        staticSummary: summary,
      });
      return { workflowId, runId: started.firstExecutionRunId };
    },
    resultOf: <T>(run: RunRef) => handle(run).result() as Promise<T>,
    queryStatus: (run) => query(run),
    approve: (run, digest) => approve(handle(run), digest),
    result: (run) => handle(run).result() as Promise<BackupResult>,
    startReplicate: (input) => startReplicate(client, input),
    replicateResult: (run) => handle(run).result() as Promise<ReplicateResult>,
    readStatus: (run) => query<BackupStatus>(run),
    readWindow: (run) => query<WindowStatus>(run),
    readNotes: (run) => readNotes(handle(run)),
    readEnd: (run) => readEnd(handle(run)),
    listOpen: (cluster) => listOpenRuns(client, cluster),
    listOpenTrials: () => listOpenTrials(client),
    async cancel(run) {
      await handle(run).cancel();
    },
    countWorkers: () => countWorkers(client),
    readSentinel: () => readSentinel(client),
    schedules: createBackupSchedules(client),
    close: () => connection.close(),
  };
}

async function approve(handle: WorkflowHandle, digest: string): Promise<void> {
  try {
    await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest }] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { cause } = error;
    throw cause instanceof ApplicationFailure && cause.type && Object.hasOwn(errorCatalogue, cause.type)
      ? new SafepointError(cause.type as ErrorCode, cause.message)
      : error;
  }
}

async function startReplicate(client: Client, input: ReplicateInput): Promise<RunRef> {
  const workflowId = replicateWorkflowId(input.cluster);
  try {
    const started = await client.workflow.start(REPLICATE_WORKFLOW, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      staticSummary: `copies of ${input.cluster}`,
    });
    return { workflowId, runId: started.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new SafepointError('ClusterBusy', `a copy of ${input.cluster} is at work already: ${workflowId}`);
  }
}

async function connect(options: TemporalConnection['connectionOptions']): Promise<Connection> {
  try {
    return await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(temporalUnreachable(`${options.address ?? 'localhost:7233'}: ${reason}`), {
      cause,
    });
  }
}

async function readNotes(handle: WorkflowHandle): Promise<StepNote[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).flatMap((step): StepNote[] => {
    const failure = step.lastFailure;
    const heartbeatAt = Number(step.lastHeartbeatTime?.seconds ?? 0);
    const failedAt = Number(step.lastAttemptCompleteTime?.seconds ?? 0);
    const progress = progressOf(step.heartbeatDetails?.payloads?.[0]);
    if (progress !== null && (!failure?.message || heartbeatAt > failedAt))
      return [{ text: progress, problem: false }];
    if (!failure?.message) return [];
    // A part that is still at work says so as a failed attempt: the next one asks again.
    return [{ text: failure.message, problem: failure.applicationFailureInfo?.type !== 'BackupInProgress' }];
  });
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

function progressOf(payload: Payload | undefined): string | null {
  if (payload === undefined) return null;
  const details: unknown = defaultPayloadConverter.fromPayload(payload);
  if (typeof details !== 'object' || details === null || !('progress' in details)) return null;
  return typeof details.progress === 'string' ? details.progress : null;
}
