/** One line of a table. `mark`: what is asked for, and whether the value holds it. */
export type Row = { what: string; value: string; mark?: { text: string; held: boolean } };

/** A Markdown table of what was measured. */
export function renderTable(rows: readonly Row[]): string {
  return [
    '| What | Value | Mark | Held |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ what, value, mark }) => `| ${what} | ${value} | ${mark?.text ?? ''} | ${heldText(mark)} |`,
    ),
  ].join('\n');
}

function heldText(mark: Row['mark']): string {
  if (mark === undefined) return '';
  return mark.held ? 'yes' : '**no**';
}

/** The text with the block between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` exchanged. Fails where these are not. */
export function replaceBlock(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`there is no ${begin} with ${end} after it`);
  return `${text.slice(0, from + begin.length)}\n${block}\n${text.slice(to)}`;
}
