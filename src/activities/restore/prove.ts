import type { CamundaClient } from '../../camunda/port.ts';
import { SafepointError } from '../../contract/errors.ts';
import { EXPORTER_PHASES } from '../../contract/exporting.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { RestoredIndex, RestoreProof, Surroundings } from '../../contract/restore.ts';

export type Restored = {
  camunda: CamundaClient;
  manifest: Manifest;
  before: Surroundings;
  after: Surroundings;
  indices: readonly RestoredIndex[];
  call: { signal?: AbortSignal };
};

/**
 * Looks once at the whole cluster. What must come and is not there yet fails with `RestoreNotProven`, which is tried again; what
 * may rightly differ, or cannot be seen from here, is told as not proven.
 */
export async function proveRestored(restored: Restored): Promise<RestoreProof> {
  const { manifest, indices } = restored;
  const seen = [
    await proveHealth(restored),
    await proveTopology(restored),
    await proveExporting(restored),
    await proveIndices(restored),
  ];
  const missing = seen.flatMap((each) => each.missing);
  if (missing.length > 0)
    throw new SafepointError('RestoreNotProven', `not as it was yet: ${missing.join('; ')}`);
  const documents = indices.reduce((sum, index) => sum + index.documents, 0);
  const around = compareSurroundings(restored);
  return {
    proven: [
      ...seen.flatMap((each) => each.proven),
      `${indices.length} indices restored, ${documents} documents, every shard as large as in its snapshot`,
      ...(await countInstances(restored)),
      ...around.proven,
    ],
    notProven: [
      ...around.notProven,
      ...(manifest.camunda.version === 'unknown' ? ['the version of Camunda'] : []),
      'that Operate and Tasklist have read all that Zeebe exports again: wait for more than a minute of silence',
      'that Zeebe answers commands: start a process instance and see it in Operate',
    ],
  };
}

type Seen = { proven: string[]; missing: string[] };

async function proveHealth({ camunda, call }: Restored): Promise<Seen> {
  const health = await camunda.readHealth(call);
  const down = health.filter(({ up }) => !up);
  return down.length === 0
    ? { proven: [`${health.map(({ component }) => component).join(', ')} are up`], missing: [] }
    : { proven: [], missing: down.map(({ component, seen }) => `${component} is not up: ${seen}`) };
}

async function proveTopology({ camunda, manifest, call }: Restored): Promise<Seen> {
  const topology = await camunda.readTopology(call);
  const wanted = manifest.camunda;
  const unwell = topology.partitions.filter(({ leader, healthy }) => leader === null || !healthy);
  const missing = [
    ...(topology.partitionCount === wanted.partitionCount
      ? []
      : [`${topology.partitionCount} of ${wanted.partitionCount} partitions`]),
    ...unwell.map(({ partitionId }) => `partition ${partitionId} has no healthy leader`),
  ];
  const isVersion = topology.version === wanted.version;
  return {
    proven: [
      `${wanted.partitionCount} partitions have a healthy leader`,
      ...(isVersion ? [`Camunda ${wanted.version}, as in the backup`] : []),
    ],
    missing,
  };
}

/** A pause is no part of a backup, but a broker that was never emptied may have one. Nobody else is at work in this window. */
async function proveExporting({ camunda, manifest, call }: Restored): Promise<Seen> {
  const readings = await camunda.readExporters(call);
  const paused = [EXPORTER_PHASES.hard, EXPORTER_PHASES.soft] as readonly string[];
  if (readings.some(({ phase }) => paused.includes(phase))) await camunda.resumeExporting(call);
  const seen: Seen = { proven: [], missing: [] };
  for (const cut of manifest.cut.partitions) {
    const { partitionId } = cut;
    const wanted = Math.max(cut.heldAtMost ?? -1, cut.heldAtLeast ?? -1, cut.restoredExporterPosition ?? -1);
    const reading = readings.find((each) => each.partitionId === partitionId);
    const position = reading?.exportedPosition ?? -1;
    if (reading?.phase !== EXPORTER_PHASES.running)
      seen.missing.push(`partition ${partitionId} is ${reading?.phase ?? 'not there'}, not exporting`);
    else if (position < wanted)
      seen.missing.push(`partition ${partitionId} has exported up to ${position} of ${wanted}`);
    else
      seen.proven.push(
        `partition ${partitionId} exports, position ${position}, at least ${wanted} of the backup`,
      );
  }
  return seen;
}

async function proveIndices({ camunda, manifest, call }: Restored): Promise<Seen> {
  const wanted = manifest.searchEngine.snapshots.flatMap(({ indices }) => indices);
  const live = await camunda.searchEngine.listIndices(
    Object.values(manifest.searchEngine.indexPrefixes),
    call,
  );
  const names = new Set(live.map(({ name }) => name));
  const prefixes = Object.values(manifest.searchEngine.indexPrefixes);
  const lost = wanted.filter(
    (name) => prefixes.some((prefix) => name.startsWith(prefix)) && !names.has(name),
  );
  return lost.length === 0
    ? { proven: [`all ${wanted.length} indices of the backup are there`], missing: [] }
    : { proven: [], missing: [`indices are missing: ${lost.join(', ')}`] };
}

/** No manifest has their number, so this is for who knows what it should be. */
async function countInstances({ camunda, manifest, indices, call }: Restored): Promise<string[]> {
  const { operate } = manifest.searchEngine.indexPrefixes;
  const lists = indices
    .map(({ index }) => index)
    .filter((index) => index.startsWith(`${operate}-list-view-`));
  if (lists.length === 0) return [];
  const { all, active } = await camunda.searchEngine.countInstances(lists, call);
  return [`Operate shows ${all} process instances, ${active} of them active`];
}

/** Aliases come with the indices; templates are in no snapshot and must have been there. */
export function compareSurroundings({ before, after }: Pick<Restored, 'before' | 'after'>): RestoreProof {
  const proof: RestoreProof = { proven: [], notProven: [] };
  for (const kind of ['templates', 'aliases'] as const) {
    const lost = before[kind].filter((name) => !after[kind].includes(name));
    if (lost.length > 0) proof.notProven.push(`${kind} that were there before are gone: ${lost.join(', ')}`);
    else if (after[kind].length === 0) proof.notProven.push(`there are no ${kind} of these indices`);
    else if (before[kind].length === 0)
      proof.notProven.push(`${after[kind].length} ${kind} are there, with none before to compare them with`);
    else proof.proven.push(`${after[kind].length} ${kind} are there, none of before is missing`);
  }
  return proof;
}
