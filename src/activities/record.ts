import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { BackupResult, SealInput, StoredArtifact, Verdict } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import { Manifest } from '../contract/manifest.ts';
import { mergeLatencies } from '../domain/latency.ts';
import { repairHint } from '../domain/repairHint.ts';
import { restoreCommands } from '../domain/restoreCommands.ts';
import { MANIFEST, setKey } from '../domain/setKeys.ts';
import { formatLabel } from '../domain/setLabel.ts';
import { sha256Of } from '../system/sha256.ts';
import type { ObjectStore } from '../storage/port.ts';
import { messageOf } from '../system/redact.ts';
import { productVersion } from '../system/version.ts';
import type { Verified } from './verify.ts';

/** The manifest of a verified set. A failed set gets none: without one it is not a backup. */
export function buildManifest(
  stores: readonly ObjectStore[],
  input: SealInput,
  verified: Verified,
  judged: { verdict: Exclude<Verdict, 'failed'>; reasons: string[] },
): Manifest {
  const { plan, backupId, waves, facts, window } = input;
  const artifacts = verified.artifacts;
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
      commands: restoreCommands({
        backupId,
        searchEngine,
        artifacts,
        locate: (artifact) => locateIn(stores, artifact),
      }),
    },
    run: { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' },
  };
}

function locateIn(stores: readonly ObjectStore[], { key, stores: having }: StoredArtifact): string {
  const [lead] = stores;
  return (stores.find(({ name }) => having?.includes(name)) ?? lead)?.locate(key) ?? key;
}

/** Writes the manifest, once, and returns what then stands in the store that leads. */
export async function recordSet(
  stores: readonly ObjectStore[],
  input: SealInput,
  manifest: Manifest,
): Promise<BackupResult> {
  return await recordText(stores, input, `${JSON.stringify(manifest, null, 2)}\n`);
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
 * The result of a manifest that this very run has written already, to the store that leads or only to a copy: the answer of an
 * earlier attempt was lost. Stores that lack it get it. `null` when there is none. Fails with `ObjectExists` when another run
 * wrote one.
 */
export async function findRecorded(
  stores: readonly ObjectStore[],
  input: SealInput,
): Promise<BackupResult | null> {
  const [lead, ...copies] = stores;
  if (lead === undefined) return null;
  const key = manifestKey(input);
  const text = await lead.getObject(key); // a cancel must not hide a manifest that is there
  if (text !== null) {
    if (isOwn(text)) return await recordText(stores, input, text);
    throw new SafepointError(
      'ObjectExists',
      `${lead.locate(key)} is not the manifest that this run wrote; start again, which takes a new id`,
    );
  }
  const found = await Promise.all(copies.map((copy) => copy.getObject(key).catch(() => null)));
  const own = found.find((each) => each !== null && isOwn(each));
  return own === undefined || own === null ? null : await recordText(stores, input, own);
}

/** The same bytes everywhere, in the store that leads last: what it has counts. A copy that lacks it makes the result partial. */
async function recordText(
  stores: readonly ObjectStore[],
  input: SealInput,
  text: string,
): Promise<BackupResult> {
  const [lead, ...copies] = stores;
  const key = manifestKey(input);
  const missing = (await Promise.all(copies.map((copy) => createManifest(copy, key, text)))).flat();
  if (lead === undefined) throw new SafepointError('InternalError', 'a set has no store that leads');
  const [failure] = await createManifest(lead, key, text);
  if (failure !== undefined) throw failure.error;
  const result = resultOf(input, Manifest.parse(JSON.parse(text)), {
    store: lead.name,
    key,
    sha256: sha256Of(text),
  });
  if (missing.length === 0) return result;
  const reasons = missing.map(
    ({ store, error }) =>
      `manifest.json is not in store ${store}: ${messageOf(error)}; ${repairHint(input.backupId)}`,
  );
  return { ...result, verdict: 'partial', reasons: [...result.reasons, ...reasons] };
}

/** Creates it and sees it there. Empty, or why the store does not have it; a cancel passes through. */
async function createManifest(
  store: ObjectStore,
  key: string,
  text: string,
): Promise<{ store: string; error: unknown }[]> {
  const signal = cancellationSignal();
  try {
    try {
      await store.putObject(labelKey(Manifest.parse(JSON.parse(text)), text), '\n', { signal });
      await store.putObject(key, text, { createOnly: true, lock: true, signal });
    } catch (error) {
      // The client of the store may have tried twice; whose manifest it is shows below.
      if (!(error instanceof SafepointError && error.code === 'ObjectExists')) throw error;
    }
    const there = await store.getObject(key, { signal });
    if (there === text) return [];
    const code = there === null ? 'StoreFailed' : 'ObjectExists';
    const what =
      there === null ? 'was written, but the store does not have it' : 'is not the manifest of this run';
    throw new SafepointError(code, `${store.locate(key)} ${what}`);
  } catch (error) {
    signal.throwIfAborted();
    return [{ store: store.name, error }];
  }
}

function manifestKey({ plan, backupId }: SealInput): string {
  return setKey(plan.cluster, backupId, MANIFEST);
}

/** Whether this very run wrote the manifest. */
export function isOwn(text: string): boolean {
  try {
    const manifest = Manifest.safeParse(JSON.parse(text));
    return manifest.success && manifest.data.run.runId === activityInfo().workflowExecution?.runId;
  } catch {
    return false;
  }
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
