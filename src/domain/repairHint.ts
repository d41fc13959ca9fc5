/** What to do about an object that a store lacks while another one has it. */
export function repairHint(backupId: string): string {
  return `\`safepoint repair ${backupId}\` copies it`;
}
