import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { CamundaClient } from '../camunda/port.ts';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ExporterReading } from '../contract/exporting.ts';
import type { AppLatency, CutPart, PartResult } from '../contract/parts.ts';
import { describeProgress, judgePart, pollIntervalMs } from '../domain/partProgress.ts';
import { pause, stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { startProbes } from './probes.ts';
import { settle } from './settle.ts';

/** Past this interval the slot is given back between two looks: the attempt fails and Temporal starts the next one. */
const LONG_INTERVAL_MS = 1_000;

export type CaptureInput = {
  plan: BackupPlan;
  part: CutPart;
  backupId: string;
  /** Since the pause was proven, on the server's clock. */
  pausedForMs: number;
  /** An index part of this window is complete already, so the exporter is known to be quiet. */
  settled: boolean;
};

/** What an attempt leaves for the next one. Spans, not times: the next one may run where the clock differs. */
type Memory = {
  progress: string;
  startedAt?: string;
  before?: ExporterReading[];
  triggered: boolean;
  waitedMs: number;
  stillMs: number;
  mark: string;
  responsiveness: AppLatency[];
};

export function createCaptureActivities({ camunda }: ActivityDeps) {
  return {
    /**
     * Takes one part of the cut under the backup id and waits until it is complete. Idempotent by the id: it asks before
     * it triggers, so that a lost answer ends as the same backup. Waits in a loop at first, then one look an attempt, so
     * that a part of hours leaves no more history than one of seconds.
     * Fails with `PartRefused`, `PartFailed`, `PartStalled`, `ExporterNotQuiet`.
     */
    async capturePart(input: CaptureInput): Promise<PartResult> {
      const client = camunda(input.plan.cluster);
      const signal = cancellationSignal();
      const memory = recall(input.part);
      const probes = startProbes(client, memory.responsiveness, signal);
      try {
        const before = memory.before ?? (await readFenceBefore(client, input, memory, signal));
        memory.before = before;
        memory.startedAt ??= new Date().toISOString();
        await waitForPart(client, input, memory, probes.latencies, signal);
        return await resultOf(
          client,
          input,
          { ...memory, before, startedAt: memory.startedAt },
          await probes.stop(),
        );
      } finally {
        await probes.stop();
      }
    },
  };
}

function recall(part: CutPart): Memory {
  const { heartbeatDetails } = activityInfo() as { heartbeatDetails?: Memory };
  const fresh: Memory = {
    progress: `${part}: starting`,
    triggered: false,
    waitedMs: 0,
    stillMs: 0,
    mark: '',
    responsiveness: [],
  };
  return { ...fresh, ...heartbeatDetails };
}

/** Index parts start only when the exporter is quiet; the Zeebe part need not wait. */
async function readFenceBefore(
  client: CamundaClient,
  { plan, part, pausedForMs, settled }: CaptureInput,
  memory: Memory,
  signal: AbortSignal,
): Promise<ExporterReading[]> {
  if (part === 'zeebe' || plan.pause === 'soft' || settled) return await client.readExporters({ signal });
  return await settle(client, {
    remainingMs: plan.flushDelayMs - pausedForMs,
    flushDelayMs: plan.flushDelayMs,
    onWait: (progress) => {
      heartbeat({ ...memory, progress: `${part}: ${progress}` });
    },
    signal,
  });
}

/** Returns when the part is complete; changes `memory` as it goes, which every heartbeat carries. */
async function waitForPart(
  client: CamundaClient,
  { plan, part, backupId }: CaptureInput,
  memory: Memory,
  latencies: () => AppLatency[],
  signal: AbortSignal,
): Promise<void> {
  const waitedBeforeMs = memory.waitedMs;
  const attemptMs = stopwatch();
  for (;;) {
    let status = await client.getBackup(part, backupId, { signal });
    if (status.kind === 'absent' && !memory.triggered) {
      await client.startBackup(part, backupId, { signal });
      status = await client.getBackup(part, backupId, { signal });
    }
    memory.triggered = true;

    const lookedAfterMs = memory.waitedMs;
    memory.waitedMs = waitedBeforeMs + attemptMs();
    memory.stillMs =
      status.progressMark === memory.mark ? memory.stillMs + (memory.waitedMs - lookedAfterMs) : 0;
    memory.mark = status.progressMark;
    memory.progress = describeProgress(status);
    memory.responsiveness = latencies();
    heartbeat(memory);

    const judgement = judgePart(status, memory.stillMs, plan.budgets.stallMs);
    if (judgement.kind === 'complete') return;
    if (judgement.kind === 'failed') throw new SafepointError(judgement.code, judgement.message);

    const intervalMs = pollIntervalMs(memory.waitedMs);
    if (intervalMs > LONG_INTERVAL_MS) {
      heartbeat({ ...memory, waitedMs: memory.waitedMs + intervalMs, stillMs: memory.stillMs + intervalMs });
      throw stillAtWork(memory.progress, intervalMs);
    }
    await pause(intervalMs, signal);
  }
}

/** Not a failure: BENIGN keeps it out of metrics and logs, and its message is the progress line in the UI. */
function stillAtWork(progress: string, nextRetryDelay: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'BackupInProgress',
    message: progress,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay,
  });
}

async function resultOf(
  client: CamundaClient,
  { part, backupId }: CaptureInput,
  memory: Memory & { before: ExporterReading[]; startedAt: string },
  responsiveness: AppLatency[],
): Promise<PartResult> {
  const signal = cancellationSignal();
  const status = await client.getBackup(part, backupId, { signal });
  const after = await client.readExporters({ signal });
  const highestRecords = part === 'zeebe' ? undefined : await readRecords(client, signal);
  return {
    part,
    backupId,
    foreignState: status.foreignState,
    startedAt: memory.startedAt,
    completedAt: new Date().toISOString(),
    tookMs: Math.round(memory.waitedMs),
    pieces: status.pieces,
    fence: { before: memory.before, after, ...(highestRecords === undefined ? {} : { highestRecords }) },
    responsiveness,
  };
}

/** `undefined` where the cluster exports no records to the search engine. */
async function readRecords(client: CamundaClient, signal: AbortSignal) {
  const records = await client.searchEngine.readHighestRecords({ signal });
  return records.length === 0 ? undefined : records;
}
