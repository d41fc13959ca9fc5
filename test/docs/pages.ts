import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '..', '..');

/** A page of the documentation; `file` is relative to the root. */
export type Page = { file: string; text: string };

/** Every page that people write; docs/errors.md is generated. */
export const pages: Page[] = globSync(['*.md', 'docs/**/*.md', 'examples/*/*.md'], { cwd: root })
  .filter((file) => file !== path.join('docs', 'errors.md'))
  .sort()
  .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));

export function pageText(file: string): string {
  const page = pages.find((candidate) => candidate.file === file);
  if (page === undefined) throw new Error(`there is no ${file}`);
  return page.text;
}

/** From the heading to the next one of the same or a higher level. */
export function section(text: string, heading: string): string {
  const [, marks = '', rest = ''] = new RegExp(`^(#+) ${heading}$([^]*)`, 'm').exec(text) ?? [];
  if (marks === '') throw new Error(`there is no heading ${heading}`);
  return rest.split(new RegExp(`^#{1,${marks.length}} `, 'm'))[0] ?? '';
}

/** Rows of the first table with this head, each as its trimmed cells. */
export function tableRows(text: string, head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.indexOf(head);
  if (start === -1) throw new Error(`there is no table ${head}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end === -1 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Words between backticks, blocks left out. */
export function codeSpans(text: string): string[] {
  const prose = text.replaceAll(/^ *```[^]*?^ *```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** Anchors of a page, as GitHub makes them from its headings. */
export function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
