import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { CallOptions, CamundaClient } from '../camunda/port.ts';
import type { BackupPlan } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ExporterReading } from '../contract/exporting.ts';
import type { CutPart, PartResult, PartStatus } from '../contract/parts.ts';
import { COLD } from '../domain/procedures.ts';
import type { RunLookup } from '../system/runs.ts';
import { liftWhenAbandoned } from './abandonedPause.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { startProbes } from './probes.ts';
import { findRunningApplications } from './runningApplications.ts';
import { settle } from './settle.ts';
import { waitForPart, type CaptureMemory } from './waitForPart.ts';

export type CaptureInput = {
  plan: BackupPlan;
  part: CutPart;
  backupId: string;
  /** Since the pause was proven, on the server's clock. */
  pausedForMs: number;
  /** An index part of this window is complete already, so the exporter is known to be quiet. */
  settled: boolean;
};

/** An attempt hands over to the next one after this long, which keeps it well below its own timeout. */
const ATTEMPT_MS = 300_000;

export function createCaptureActivities(
  { camunda, store }: ActivityDeps,
  runs: RunLookup,
  { attemptMs } = { attemptMs: ATTEMPT_MS },
) {
  return {
    /**
     * Takes one part of the cut under the backup id and waits until it is complete. Idempotent by the id: it asks before
     * it triggers, so that a lost answer ends as the same backup. An attempt waits in a loop and then hands over to the
     * next one by a retry, so that a part of hours leaves no more history than one of seconds.
     * Fails with `PartRefused`, `PartFailed`, `PartStalled`, `ExporterNotQuiet`, `ApplicationStarted`.
     */
    async capturePart(input: CaptureInput): Promise<PartResult> {
      const { cluster } = input.plan;
      const deps = { camunda: camunda(cluster), store: store(input.plan.store), runs };
      return await withHeartbeats((report) => {
        const memory = recall(input.part);
        report(memory);
        return liftWhenAbandoned(deps, cluster, () => capture(deps.camunda, input, memory, attemptMs));
      });
    },
  };
}

async function capture(
  client: CamundaClient,
  input: CaptureInput,
  memory: CaptureMemory,
  attemptMs: number,
): Promise<PartResult> {
  const { part, backupId, plan } = input;
  const signal = cancellationSignal();
  const probed = plan.procedure === COLD ? nobody : client; // stopped ones have no users
  const probes = startProbes(probed, memory.responsiveness, signal);
  try {
    const remembered = memory.before !== undefined;
    const before = memory.before ?? (await readFenceBefore(client, input, memory, signal));
    memory.before = before;
    memory.startedAt ??= new Date().toISOString();
    heartbeat(memory); // before the trigger: the next attempt must not take a later reading for this one

    const target = { part, backupId, stallMs: plan.budgets.stallMs, attemptMs };
    const status = await waitForPart(client, target, memory, probes.latencies, signal);
    if (part === 'indices') await requireStillStopped(client, { signal });

    // Under a hard pause the buffer is flushed once; a reading from after the trigger may be from after that flush.
    const late = memory.adopted && !remembered && part !== 'zeebe' && plan.pause === 'hard';
    memory.responsiveness = await probes.stop();
    return await resultOf(client, status, {
      ...memory,
      before: late ? [] : before,
      startedAt: memory.startedAt,
    });
  } finally {
    await probes.stop();
  }
}

const nobody: Pick<CamundaClient, 'probeApps'> = { probeApps: () => Promise.resolve([]) };

/** One that was started meanwhile has written into indices while their shards were read one after the other. */
async function requireStillStopped(client: CamundaClient, options: CallOptions): Promise<void> {
  const running = await findRunningApplications(client, options);
  if (running.length === 0) return;
  const each = running.map(({ component, url, seen }) => `${component} at ${url} ${seen}`);
  throw new SafepointError(
    'ApplicationStarted',
    `no longer stopped when the snapshot of the indices was complete: ${each.join('; ')}`,
  );
}

function recall(part: CutPart): CaptureMemory {
  const { heartbeatDetails } = activityInfo() as { heartbeatDetails?: CaptureMemory };
  const fresh: CaptureMemory = {
    progress: `${part}: starting`,
    tried: false,
    triggered: false,
    adopted: false,
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
  memory: CaptureMemory,
  signal: AbortSignal,
): Promise<ExporterReading[]> {
  if (part === 'zeebe' || plan.pause === 'soft' || settled) return await client.readExporters({ signal });
  return await settle(client, {
    remainingMs: plan.flushDelayMs - pausedForMs,
    flushDelayMs: plan.flushDelayMs,
    onWait: (progress) => {
      memory.progress = `${part}: ${progress}`;
    },
    signal,
  });
}

async function resultOf(
  client: CamundaClient,
  { part, backupId, foreignState, pieces }: PartStatus,
  memory: CaptureMemory & { before: ExporterReading[]; startedAt: string },
): Promise<PartResult> {
  const signal = cancellationSignal();
  const after = await client.readExporters({ signal });
  const highestRecords = part === 'zeebe' ? undefined : await readRecords(client, signal);
  return {
    part,
    backupId,
    foreignState,
    startedAt: memory.startedAt,
    completedAt: new Date().toISOString(),
    tookMs: Math.round(memory.waitedMs),
    pieces,
    fence: { before: memory.before, after, ...(highestRecords === undefined ? {} : { highestRecords }) },
    responsiveness: memory.responsiveness,
  };
}

/** `undefined` where the cluster exports no records to the search engine. */
async function readRecords(client: CamundaClient, signal: AbortSignal) {
  const records = await client.searchEngine.readHighestRecords({ signal });
  return records.length === 0 ? undefined : records;
}
