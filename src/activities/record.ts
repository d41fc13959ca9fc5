import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BackupResult, SealInput, Verdict } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { Manifest } from '../contract/manifest.ts';
import { mergeLatencies } from '../domain/latency.ts';
import { restoreCommands } from '../domain/restoreCommands.ts';
import { MANIFEST, setKey } from '../domain/setKeys.ts';
import { formatLabel } from '../domain/setLabel.ts';
import { sha256Of } from '../system/sha256.ts';
import type { ObjectStore } from '../storage/port.ts';
import { productVersion } from '../system/version.ts';
import type { Verified } from './verify.ts';

/** The manifest of a verified set. A failed set gets none: without one it is not a backup. */
export function buildManifest(
  store: ObjectStore,
  input: SealInput,
  verified: Verified,
  judged: { verdict: Exclude<Verdict, 'failed'>; reasons: string[] },
): Manifest {
  const { plan, backupId, waves, facts, window, artifacts } = input;
  const searchEngine = {
    repository: facts.repository,
    snapshots: verified.snapshots,
    indexPrefixes: Object.fromEntries(Object.entries(facts.indexPrefixes)) as Record<string, string>,
  };
  const { workflowExecution } = activityInfo();
  return {
    schema: 'safepoint/manifest/v1',
    tool: { name: 'safepoint', version: productVersion },
    cluster: plan.cluster,
    backupId,
    ...judged,
    startedAt: window.pause.pausedAt,
    completedAt: new Date().toISOString(),
    camunda: {
      version: facts.camundaVersion,
      partitionCount: facts.partitionCount,
      replicationFactor: facts.replicationFactor,
      brokerCount: facts.brokerCount,
    },
    procedure: { name: plan.procedure, pause: plan.pause, waves },
    window: {
      pausedAt: window.pause.pausedAt,
      resumedAt: window.resume.resumedAt,
      tookMs: windowMs(input),
      paused: window.pause.readings,
      resumed: window.resume.readings,
    },
    parts: window.parts,
    searchEngine,
    artifacts,
    cut: verified.cut,
    responsiveness: mergeLatencies(window.parts.flatMap((part) => part.responsiveness)),
    findings: [...input.warnings, ...verified.findings],
    restore: {
      commands: restoreCommands({ backupId, searchEngine, artifacts, locate: (key) => store.locate(key) }),
    },
    run: { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' },
  };
}

/** Writes the manifest, once, and returns what then stands in the store. */
export async function recordSet(
  store: ObjectStore,
  input: SealInput,
  manifest: Manifest,
): Promise<BackupResult> {
  const key = setKey(input.plan.cluster, input.backupId, MANIFEST);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  try {
    await store.putObject(labelKey(manifest, text), '\n', { signal: cancellationSignal() });
    await store.putObject(key, text, { createOnly: true, lock: true, signal: cancellationSignal() });
  } catch (error) {
    // The client of the store may have tried twice; whose manifest it is shows below.
    if (!(error instanceof SafepointError && error.code === 'ObjectExists')) throw error;
  }
  const recorded = await findRecorded(store, input);
  if (recorded !== null) return recorded;
  throw new SafepointError('StoreFailed', `${store.locate(key)} was written, but the store does not have it`);
}

/** Written before the manifest, which stays the last object; one of an attempt that ended before it fits no other manifest. */
function labelKey(manifest: Manifest, text: string): string {
  const label = formatLabel({
    verdict: manifest.verdict,
    procedure: manifest.procedure.name,
    startedMs: Date.parse(manifest.startedAt),
    completedMs: Date.parse(manifest.completedAt),
    windowMs: manifest.window.tookMs,
    manifestBytes: Buffer.byteLength(text),
    manifestSha256: sha256Of(text),
    artifacts: manifest.artifacts.length,
    artifactBytes: manifest.artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0),
  });
  return setKey(manifest.cluster, manifest.backupId, label);
}

/**
 * The result of a manifest that this very run has written already: the answer of an earlier attempt was lost. `null` when
 * there is none. Fails with `ObjectExists` when another run wrote one.
 */
export async function findRecorded(store: ObjectStore, input: SealInput): Promise<BackupResult | null> {
  const key = setKey(input.plan.cluster, input.backupId, MANIFEST);
  const text = await store.getObject(key); // a cancel must not hide a manifest that is there
  if (text === null) return null;
  const manifest = Manifest.safeParse(JSON.parse(text));
  if (manifest.data?.run.runId === activityInfo().workflowExecution?.runId && manifest.success) {
    return resultOf(input, manifest.data, { store: store.name, key, sha256: sha256Of(text) });
  }
  throw new SafepointError(
    'ObjectExists',
    `${store.locate(key)} is not the manifest that this run wrote; start again, which takes a new id`,
  );
}

function resultOf(input: SealInput, manifest: Manifest, at: BackupResult['manifest']): BackupResult {
  return {
    cluster: manifest.cluster,
    backupId: manifest.backupId,
    verdict: manifest.verdict,
    procedure: input.plan.procedure,
    parts: [
      ...input.window.parts.map(({ part, foreignState, tookMs }) => ({ part, state: foreignState, tookMs })),
      ...input.artifacts.map(({ database, tookMs, sizeBytes }) => ({
        part: database,
        state: 'STORED',
        tookMs,
        sizeBytes,
      })),
    ],
    windowMs: manifest.window.tookMs,
    cut: manifest.cut.outcome,
    reasons: manifest.reasons,
    manifest: at,
  };
}

/** The two times may come from workers whose clocks differ. */
function windowMs({ window }: SealInput): number {
  const byWorkers = Date.parse(window.resume.resumedAt) - Date.parse(window.pause.pausedAt);
  return window.tookMs ?? Math.max(0, byWorkers);
}
