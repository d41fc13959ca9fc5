import { errorCatalogue, type CatalogueEntry } from '../../src/contract/errors.ts';
import { markdownTable } from './markdown.ts';

/** docs/errors.md */
export function errorReference(): string {
  const rows = Object.entries<CatalogueEntry>(errorCatalogue).map(([code, entry]) => [
    `\`${code}\``,
    entry.meaning,
    triedAgain(entry),
    entry.operatorAction,
  ]);
  return [
    '<!-- Written by `npm run generate` from src/contract/errors.ts. Edit there. -->',
    '# Errors',
    '',
    'Every failure that Safepoint names.',
    'In Temporal the code is the type of the failure, in the command it stands before the message, and with `--json` it is `error.code`.',
    'Codes are stable: scripts may rely on them.',
    '*Tried again* says whether the same step is repeated by itself; a run fails only when that has ended too.',
    '*With a new id*: the set is lost; it is cleaned up, and the run starts over as often as `attempts` of the cluster allows.',
    '',
    ...markdownTable(['Code', 'What it means', 'Tried again', 'What to do'], rows),
    '',
  ].join('\n');
}

function triedAgain({ retry, startsOver }: CatalogueEntry): string {
  if (startsOver === true) return 'with a new id';
  return retry ? 'yes' : 'no';
}
