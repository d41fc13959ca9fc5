import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import { openLedger } from '../../../src/storage/replica/ledger.ts';
import { mirror } from '../../../src/storage/replica/mirror.ts';
import { watched } from './stores.ts';

/** A copy as a process of its own, to be killed: `node slowCopy.ts ROOT`. Prints a line for each object. */
const root = process.argv[2] ?? '';
const open = (name: string) => createObjectStore(name, { type: 'folder', path: path.join(root, name) });
const [from, to] = [open('from'), open('to')];
const ledger = await openLedger(open('leading'), 'ledger', { from: from.locate(''), to: to.locate('') });
await mirror({
  from: watched(from, ({ verb }) => (verb === 'getStream' ? sleep(200) : undefined)),
  to,
  ledger,
  list: (store) => store.list(''),
  rank: () => 0,
  onProgress: ({ objects }) => void process.stdout.write(`${objects}\n`),
});
