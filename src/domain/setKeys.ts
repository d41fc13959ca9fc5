import { parseCheckName } from './setCheck.ts';
import { parseLabel } from './setLabel.ts';
import { parseTrialName } from './setTrial.ts';

/** Keys of a set in a store, relative to the store's prefix. */
export const INTENT = 'intent.json';
export const MANIFEST = 'manifest.json';
export const FAILURE = 'failure.json';
export const PAUSE = 'pause.json';
export const RESUME = 'resume.json';
/** Keeps rotation away from the set, whatever the policy. */
export const HOLD = 'hold.json';
/** A restore has begun from the set and not ended: rotation lets it be. */
export const RESTORING = 'restoring.json';
/** The set is being deleted: no backup any more, however much of it is left. */
export const TOMBSTONE = 'tombstone.json';
export const LABEL_PREFIX = 'label.';

const RECORDS: readonly string[] = [INTENT, MANIFEST, FAILURE, PAUSE, RESUME, HOLD, TOMBSTONE, RESTORING];

export function setKey(cluster: string, backupId: string, object: string): string {
  return `${cluster}/${backupId}/${object}`;
}

export function clusterPrefix(cluster: string): string {
  return `${cluster}/`;
}

/** Name of a dump in its set, such as `web-modeler.sql.zst`, or `web-modeler.sql.zst.age` when it is encrypted. */
export function dumpName(database: string, { encrypted } = { encrypted: false }): string {
  return `${database}.sql.zst${encrypted ? '.age' : ''}`;
}

export function isDumpName(name: string): boolean {
  return /^[a-z0-9-]+\.sql\.zst(\.age)?$/.test(name);
}

/** Whether Safepoint writes objects of this name into a set; any other one belongs to somebody else. */
export function isOwnName(name: string): boolean {
  return (
    RECORDS.includes(name) ||
    isDumpName(name) ||
    parseLabel(name) !== null ||
    parseCheckName(name) !== null ||
    parseTrialName(name) !== null ||
    /^replica\.[a-z-]+\.(json|ledger\.ndjson)$/.test(name)
  );
}

/** Beside the sets of a cluster: what belongs to its copies and to no set. */
export const REPLICA_FOLDER = 'replica';

/** Beside the sets of a cluster: what a restore into it has begun and not ended. */
export const RESTORE_FOLDER = 'restore';

export function restoreMarkerKey(cluster: string): string {
  return `${clusterPrefix(cluster)}${RESTORE_FOLDER}/unfinished.json`;
}

/** Evidence of a copy of `zeebe` or `snapshots`. */
export function replicaName(kind: string): string {
  return `replica.${kind}.json`;
}

/** Digests of what was copied: of one set for Zeebe, of the cluster for the repository, which all sets share. */
export function ledgerKey(cluster: string, kind: string, backupId: string): string {
  return kind === 'zeebe'
    ? setKey(cluster, backupId, 'replica.zeebe.ledger.ndjson')
    : `${clusterPrefix(cluster)}${REPLICA_FOLDER}/snapshots.ledger.ndjson`;
}
