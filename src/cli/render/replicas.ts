import type { ReplicaRecord, ReplicateResult } from '../../contract/replica.ts';
import { printable } from './printable.ts';
import { renderTable, showSize, showSpan, showTime } from './table.ts';

const HEAD = ['copy of', 'to', 'objects', 'size', 'made', 'took', 'this time'];

/** The end of a `replicate`, for people. */
export function renderReplicas({ cluster, backupId, replicas }: ReplicateResult): string {
  const title = `copied: backup ${backupId} of ${cluster}`;
  return printable(
    `${title}\n\n${replicaTable(replicas)}\n\nLook at the set:  safepoint show ${backupId} --cluster ${cluster}\n`,
  );
}

export function replicaTable(replicas: readonly ReplicaRecord[]): string {
  return renderTable(
    replicas.map((replica) => [
      replica.generation === undefined ? replica.kind : `${replica.kind} (index-${replica.generation})`,
      `${replica.to.location} in store ${replica.to.store}`,
      String(replica.objects),
      showSize(replica.sizeBytes),
      showTime(replica.completedAt),
      showSpan(replica.tookMs),
      thisTime(replica),
    ]),
    HEAD,
  );
}

function thisTime({
  copiedObjects,
  copiedSizeBytes,
  mendedObjects,
  removedObjects,
  readBack,
}: ReplicaRecord): string {
  return [
    `copied ${copiedObjects} (${showSize(copiedSizeBytes)})`,
    mendedObjects > 0 ? `of these mended ${mendedObjects}` : '',
    removedObjects > 0 ? `removed ${removedObjects}` : '',
    readBack ? 'all read back' : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}
