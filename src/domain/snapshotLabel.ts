/** A snapshot in a line of progress: `operate-1 of 6` for `camunda_operate_1001_8.6.0_part_1_of_6`, else its name. */
export function snapshotLabel(name: string): string {
  const [, part, number, total] = /^camunda_([a-z]+)_\d+_.*_part_(\d+)_of_(\d+)$/.exec(name) ?? [];
  if (part !== undefined) return `${part}-${number} of ${total}`;
  if (/^camunda_zeebe_records_backup_\d+$/.test(name)) return 'zeebe-records';
  return /^camunda_indices_backup_\d+$/.test(name) ? 'indices' : name;
}
