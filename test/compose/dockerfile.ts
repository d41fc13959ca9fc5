import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './composeFile.ts';

export type Instruction = { keyword: string; text: string };

/** Continued lines are joined, comments dropped. */
export const instructions: Instruction[] = readFileSync(path.join(root, 'Dockerfile'), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .flatMap((line) => {
    const [, keyword = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    return keyword === '' ? [] : [{ keyword, text }];
  });

const last = instructions.findLastIndex(({ keyword }) => keyword === 'FROM');
const first = instructions.findIndex(({ keyword }) => keyword === 'FROM');

/** The stage that installs and bundles, and the one that becomes the image. */
export const buildStage = instructions.slice(first, last);
export const finalStage = instructions.slice(last);

/** What stands after a keyword, in the order of the file. */
export function textsOf(stage: Instruction[], keyword: string): string[] {
  return stage.flatMap((instruction) => (instruction.keyword === keyword ? [instruction.text] : []));
}

/** `ENV A=1 B=2` as an object. */
export function environmentOfImage(): Record<string, string> {
  const pairs = textsOf(finalStage, 'ENV').flatMap((text) => text.split(' '));
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
