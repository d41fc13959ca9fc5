import { SafepointError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { ReplicaRecord } from '../../contract/replica.ts';
import type { CheckRecord, Hold } from '../../contract/setRecords.ts';
import type { CatalogSet } from '../../storage/catalogEntry.ts';
import { printable } from './printable.ts';
import { replicaTable } from './replicas.ts';
import { renderTable, showSize, showSpan, showTime } from './table.ts';

/** One set with everything that its store says of it. */
export function renderSet(set: CatalogSet & { replicas?: ReplicaRecord[] }): string {
  const { entry, manifest, intent, hold, lastCheck, replicas = [] } = set;
  const title = `${entry.state}: backup ${entry.backupId} of ${entry.cluster}`;
  const head = [
    title,
    ...entry.reasons.map((reason) => `  ${reason}`),
    ...(entry.held ? [`  held${describeHold(hold)}`] : []),
    ...(lastCheck === undefined ? [] : describeCheck(lastCheck)),
    '',
    entry.location,
  ];
  const copies = replicas.length === 0 ? [] : ['', 'Copies', replicaTable(replicas)];
  if (manifest !== undefined) return block([...head, ...copies, ...manifestSections(manifest)]);
  if (intent === undefined) return block(head);
  const facts = [
    ['started', showTime(intent.startedAt)],
    ['procedure', intent.procedure],
    ['parts', intent.parts.join(', ')],
    ['databases', intent.databases.join(', ')],
    ['run', intent.workflowId],
  ];
  return block([...head, '', renderTable(facts)]);
}

/** As a shell reads them; fails with `InvalidInput` where no manifest can be read. */
export function renderRestoreCommands(sets: readonly CatalogSet[], backupId: string): string {
  const manifest = sets.find((set) => set.manifest !== undefined)?.manifest;
  if (manifest === undefined)
    throw new SafepointError('InvalidInput', `set ${backupId} has no manifest that can be read`);
  return printable(`${manifest.restore.commands.join('\n')}\n`);
}

function describeHold(hold: Hold | undefined): string {
  return hold === undefined ? '' : ` since ${showTime(hold.heldAt)} by ${hold.by}: ${hold.reason}`;
}

function describeCheck({ ok, checkedAt, findings: found }: CheckRecord): string[] {
  if (ok) return [`  checked ${showTime(checkedAt)}: whole`];
  const bad = found.filter((finding) => !finding.ok);
  return [
    `  checked ${showTime(checkedAt)}: DAMAGED`,
    ...bad.map(({ check, seen, fix }) => `    ${check}: ${seen}${fix === undefined ? '' : ` -> ${fix}`}`),
  ];
}

function manifestSections(manifest: Manifest): string[] {
  return [
    ...section('', facts(manifest)),
    ...section('Parts', parts(manifest), ['part', 'state', 'started', 'took', 'pieces']),
    ...section('Snapshots', snapshots(manifest), ['name', 'part', 'state', 'indices']),
    ...section('Artifacts', artifacts(manifest), [
      'name',
      'size',
      'unpacked',
      'took',
      'stores',
      'encrypted',
      'sha256',
    ]),
    ...section(`Cut: ${manifest.cut.outcome}`, cut(manifest), CUT_HEAD),
    ...manifest.cut.reasons.map((reason) => `  ${reason}`),
    ...section('Findings', findings(manifest)),
    '',
    'Restore',
    ...manifest.restore.commands.map((command) => `  ${command}`),
  ];
}

function facts(manifest: Manifest): string[][] {
  const { camunda, procedure, window, searchEngine, run, tool } = manifest;
  const nodes = `brokers ${camunda.brokerCount}, partitions ${camunda.partitionCount}, replication ${camunda.replicationFactor}`;
  return [
    ['taken', `${showTime(manifest.startedAt)} to ${showTime(manifest.completedAt)}`],
    ['camunda', `${camunda.version}, ${nodes}`],
    [
      'procedure',
      `${procedure.name}, ${procedure.pause} pause: ${procedure.waves.map((wave) => wave.join(' + ')).join(' -> ')}`,
    ],
    ['window', `${showTime(window.pausedAt)} to ${showTime(window.resumedAt)}, ${showSpan(window.tookMs)}`],
    ['repository', searchEngine.repository ?? 'none'],
    ['run', run.workflowId],
    ['written by', `${tool.name} ${tool.version}`],
  ];
}

function parts(manifest: Manifest): string[][] {
  return manifest.parts.map((part) => [
    part.part,
    part.foreignState,
    showTime(part.startedAt),
    showSpan(part.tookMs),
    String(part.pieces.length),
  ]);
}

function snapshots(manifest: Manifest): string[][] {
  return manifest.searchEngine.snapshots.map(({ name, part, state, indices }) => [
    name,
    part,
    state,
    String(indices.length),
  ]);
}

function artifacts(manifest: Manifest): string[][] {
  return manifest.artifacts.map((artifact) => [
    artifact.name,
    showSize(artifact.sizeBytes),
    showSize(artifact.rawSizeBytes),
    showSpan(artifact.tookMs),
    artifact.stores?.join(', ') ?? '',
    artifact.encryption === undefined
      ? ''
      : `${artifact.encryption.type}, ${artifact.encryption.recipients.length} keys`,
    artifact.sha256,
  ]);
}

const CUT_HEAD = [
  'partition',
  'restored from',
  'held at least',
  'held at most',
  'checkpoint',
  'no loss',
  'no orphans',
  'fence',
];

/** Proven when each position is not beyond the one to its right: restored from <= held at least, held at most <= checkpoint. */
function cut(manifest: Manifest): string[][] {
  return manifest.cut.partitions.map((partition) => [
    String(partition.partitionId),
    position(partition.restoredExporterPosition),
    position(partition.heldAtLeast),
    position(partition.heldAtMost),
    position(partition.checkpointPosition),
    answer(partition.noLoss),
    answer(partition.noOrphans),
    answer(partition.fenceHeld),
  ]);
}

function findings(manifest: Manifest): string[][] {
  return manifest.findings
    .filter(({ ok }) => !ok)
    .map(({ severity, check, seen, fix }) => [
      severity,
      check,
      fix === undefined ? seen : `${seen}\n→ ${fix}`,
    ]);
}

function position(value: number | null): string {
  return value === null ? 'unknown' : String(value);
}

function answer(value: boolean | null): string {
  if (value === null) return 'unknown';
  return value ? 'yes' : 'NO';
}

function section(title: string, rows: string[][], head?: string[]): string[] {
  if (rows.length === 0) return [];
  return ['', ...(title === '' ? [] : [title]), renderTable(rows, head)];
}

function block(texts: string[]): string {
  return printable(`${texts.join('\n')}\n`);
}
