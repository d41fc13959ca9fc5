import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bareProgram } from '../../scripts/generate/program.ts';
import { EXAMPLES } from '../../src/cli/examples.ts';
import { withSubcommands, wordsOf } from '../../src/cli/main.ts';
import { parseLine } from './parse.ts';
import { safepoint } from './safepoint.ts';

const GENERATED = ['help', 'complete'];
const commands = withSubcommands(bareProgram())
  .map(wordsOf)
  .filter((words) => !GENERATED.includes(words.split(' ').at(-1) ?? ''));
const lines = Object.entries(EXAMPLES).flatMap(([words, examples]) =>
  examples.map(([line]) => ({ words, line })),
);

describe('cli/examples', () => {
  it('every command has two to four, and nothing else has', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual([...commands].sort());
    for (const examples of Object.values(EXAMPLES)) expect([2, 3, 4]).toContain(examples.length);
  });

  it.each(lines)('$line is read by the parser as a line of its command', async ({ words, line }) => {
    const parsed = await parseLine(line);

    expect(words === 'safepoint' || `${parsed.words} `.startsWith(`${words} `)).toBe(true);
  });

  it('a line with a wrong option, a wrong command or too few arguments is refused', async () => {
    const wrong = [
      'safepoint run prod --proceed',
      'safepoint backup prod',
      'safepoint show',
      'safepoint schedule',
    ];

    const outcomes = await Promise.allSettled(wrong.map(parseLine));

    expect(outcomes.map(({ status }) => status)).toEqual(wrong.map(() => 'rejected'));
  });

  it('names clusters and schedules of the example config', async () => {
    const example = parse(
      readFileSync(path.join(import.meta.dirname, '../../safepoint.example.yaml'), 'utf8'),
    ) as { clusters: object; schedules: object };
    const names = [...Object.keys(example.clusters), ...Object.keys(example.schedules)];

    const parsed = await Promise.all(lines.map(({ line }) => parseLine(line)));

    const named = parsed
      .filter(({ words }) => !['completion', 'approve'].includes(words))
      .flatMap(({ args }) => args)
      .filter((name) => !/^\d+$/.test(name)); // ids of sets
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('are shown by --help', async () => {
    const { stdout } = await safepoint(['schedule', 'pause', '--help']);

    expect(stdout).toMatch(
      /^Examples:\n {2}safepoint schedule pause prod-nightly --reason "moving house" +# /m,
    );
  });
});
