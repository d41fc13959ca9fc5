/** Copies of a drill lie under a prefix of their own, beside the indices of Camunda and out of reach of its patterns. */
const DRILL_PREFIX = 'safepoint-drill-';
const RUN = /^[0-9a-f]{8}-/;
const RUN_LENGTH = 9;

/** What stands before every copy of this run, such as `safepoint-drill-prod-1f0c9a52-`; the run id is Temporal's, a UUID. */
export function drillPrefix(cluster: string, runId: string): string {
  return `${drillPrefixOf(cluster)}${runId.slice(0, 8)}-`;
}

/** What stands before every copy of the cluster, and before those of clusters whose names begin alike: see `isDrillCopy`. */
export function drillPrefixOf(cluster: string): string {
  return `${DRILL_PREFIX}${cluster}-`;
}

/**
 * Whether a drill of this cluster made it: an index that was restored as `original` under a prefix of `drillPrefix`. One that
 * somebody made under such a name has no other original, so it is none.
 */
export function isDrillCopy(
  cluster: string,
  { name, original }: { name: string; original: string },
): boolean {
  const prefix = name.slice(0, name.length - original.length);
  return name.endsWith(original) && isDrillPrefix(cluster, prefix);
}

export function isDrillPrefix(cluster: string, prefix: string): boolean {
  return isBelowDrillPrefix(cluster, prefix) && prefix.length === drillPrefixOf(cluster).length + RUN_LENGTH;
}

/** Whether a drill of this cluster may have given the name; it alone proves nothing. */
export function isBelowDrillPrefix(cluster: string, name: string): boolean {
  return name.startsWith(drillPrefixOf(cluster)) && RUN.test(name.slice(drillPrefixOf(cluster).length));
}
