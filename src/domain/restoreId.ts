const DRILL = 'drill-';

/** Of a new restore: the same for all tries of it. That of a drill says so, as its databases may be dropped by the next drill. */
export function newRestoreId(
  backupId: string,
  { isDrill, nowMs }: { isDrill: boolean; nowMs: number },
): string {
  return `${isDrill ? DRILL : ''}${backupId}-${nowMs}`;
}

export function isDrillId(restoreId: string): boolean {
  return restoreId.startsWith(DRILL);
}
