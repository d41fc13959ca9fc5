import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { errorCatalogue } from '../../src/contract/errors.ts';
import { safepoint } from '../cli/safepoint.ts';
import { anchors, codeSpans, pages, pageText, root, section } from './pages.ts';

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Folders of the repository: what begins with one of them, in backticks or after `npm test --`, is a path. */
const PATH = /^(src|test|docs|schema|sandbox|scripts|bench|examples)\/[\w./*-]+$/;

describe.each(pages)('docs: $file', ({ file, text }) => {
  it('names only npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script = '']) => script);

    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('links only to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);

    const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(file, link));

    expect(broken).toEqual([]);
  });

  it('names only files that exist', () => {
    const spans = codeSpans(text).filter((span) => PATH.test(span));
    const tested = [...text.matchAll(/npm test -- ([\w./-]+)/g)].map(([, target = '']) => target);

    expect([...spans, ...tested].filter((named) => !existsSync(path.join(root, named)))).toEqual([]);
  });
});

function leadsSomewhere(from: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? from : path.join(path.dirname(from), target);
  if (!existsSync(path.join(root, file))) return false;
  return anchor === undefined || anchors(readFileSync(path.join(root, file), 'utf8')).includes(anchor);
}

describe('docs: commands', () => {
  let known: string[];
  beforeAll(async () => {
    const { stdout } = await safepoint(['--help']);
    const commands = /\nCommands:\n([^]*?)\n\n/.exec(stdout)?.[1] ?? '';
    known = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
  });

  it('are those of `safepoint --help`', () => {
    const named = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/(?:`|npx )safepoint ([a-z]+)/g)].map(([, command = '']) => ({ file, command })),
    );

    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ command }) => !known.includes(command))).toEqual([]);
  });

  it('of README are all commands that there are', () => {
    const readme = pageText('README.md');

    expect(known.filter((command) => command !== 'help' && !readme.includes(`safepoint ${command}`))).toEqual(
      [],
    );
  });
});

describe('docs: errors', () => {
  it('that operations.md explains are in the catalogue', () => {
    const explained = section(pageText(path.join('docs', 'operations.md')), 'When something is wrong');
    const codes = [...explained.matchAll(/^### (.+)$/gm)]
      .flatMap(([, heading = '']) => heading.split(' and '))
      .filter((heading) => /^[A-Z][a-z]+[A-Z]\w+$/.test(heading));

    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !(code in errorCatalogue))).toEqual([]);
  });
});
