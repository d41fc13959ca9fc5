import type { StatusLine } from '../contract/status.ts';

/**
 * Lines as a fenced block with padded columns: what the Temporal UI renders best (Markdown tables there have neither
 * borders nor padding). What is wrong stands below, where long sentences wrap; then the notes. `since` is the time of day in UTC.
 */
export function renderDetails(
  title: string,
  lines: readonly StatusLine[],
  notes: readonly string[] = [],
): string {
  const rows = [['part', 'state', 'since (UTC)', 'took', 'size'], ...lines.map(toRow)];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const wrong = lines.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`**${name}**: ${problem}`],
  );
  return [`**${title}**`, `\`\`\`\n${table.join('\n')}\n\`\`\``, ...wrong, ...notes].join('\n\n');
}

function toRow(line: StatusLine): string[] {
  return [
    line.name,
    line.state,
    line.since?.slice(11, 19) ?? '',
    line.tookMs === undefined ? '' : formatSeconds(line.tookMs),
    line.sizeBytes === undefined ? '' : formatSize(line.sizeBytes),
  ];
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < SIZE_UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${SIZE_UNITS[unit] ?? ''}`;
}
