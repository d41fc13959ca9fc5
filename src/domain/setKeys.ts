/** Keys of a set in a store, relative to the store's prefix. */
export const INTENT = 'intent.json';
export const MANIFEST = 'manifest.json';
export const FAILURE = 'failure.json';
export const PAUSE = 'pause.json';
export const RESUME = 'resume.json';

export function setKey(cluster: string, backupId: string, object: string): string {
  return `${cluster}/${backupId}/${object}`;
}

export function clusterPrefix(cluster: string): string {
  return `${cluster}/`;
}

/** Name of a dump in its set, such as `web-modeler.sql.zst`. */
export function dumpName(database: string): string {
  return `${database}.sql.zst`;
}
