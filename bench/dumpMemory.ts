import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { startSeaweed } from '../sandbox/stack/seaweed.ts';
import { imageMemorySettings } from './imageSettings.ts';
import { describeSetting } from './machine.ts';
import { mebibytes, seconds } from './numbers.ts';
import { withFolder, withPlace } from './place.ts';
import { memoryOf } from './processes.ts';
import { takeBackup } from './runs.ts';
import { s3StoreOf } from './s3Store.ts';
import { renderTable, type Row } from './table.ts';

/**
 * Peak memory of a real worker that takes whole backups, each with a dump of SQL-like text that goes to a local S3 server and is
 * read back. The stand-in for pg_dumpall prints the same kind of rows as fast as they are taken. A worker each, with one to three
 * stores, encrypted or not, with the settings of memory that the image has. Ends with exit code 1 above the limit.
 */
const options = new Command('bench:memory')
  .option('--gb <number>', 'size of the dump before compression, in GB', positive, 10)
  .option('--stores <numbers>', 'how many stores, joined by commas', '1,2,3')
  .parse()
  .opts<{ gb: number; stores: string }>();
const limitBytes = 350 * 1024 ** 2;
const rowsPerBlock = 40_000; // more than zstd remembers, or every repetition would cost nothing

const setting = await describeSetting(`npm run bench:memory -- --gb ${options.gb}`);
const rows: Row[] = [];
for (const stores of options.stores.split(',').map(Number)) {
  for (const encrypted of [false, true]) {
    const { idleBytes, peakBytes, wholeMs } = await measure(stores, encrypted);
    const held = peakBytes <= limitBytes;
    if (!held) process.exitCode = 1;
    const what = `${stores === 1 ? 'one store' : `${stores} stores`}${encrypted ? ', encrypted' : ''}`;
    const value = `${mebibytes(peakBytes)}; ${mebibytes(idleBytes)} before; backup took ${seconds(wholeMs)}`;
    rows.push({
      what: `peak RSS of the worker, ${what}`,
      value,
      mark: { text: `at most ${mebibytes(limitBytes)}`, held },
    });
    console.error(`${what}: ${value}`);
  }
}
console.log(`${setting}\n\n${renderTable(rows)}`);

/** A new worker and a new S3 server, so that nothing is left from the variant before. */
function measure(stores: number, encrypted: boolean) {
  return withFolder(async (dataDir, keep) => {
    const seaweed = await keep(startSeaweed({ dataDir }));
    const identity = await generateX25519Identity();
    const names = Array.from({ length: stores }, (_, at) => `s3-${at}`);
    const [store, ...copies] = names;
    const database = {
      host: 'stand-in',
      user: 'bench',
      password: { env: 'BENCH_SECRET' },
      binDir: writeStandIn(dataDir),
    };
    const place = {
      simulator: { partMs: 0, flushDelayMs: 1 },
      stores: Object.fromEntries(names.map((name) => [name, s3StoreOf(seaweed, name)])),
      settings: {
        store,
        copies,
        databases: { 'web-modeler': database },
        ...(encrypted && {
          encryption: {
            recipients: [await identityToRecipient(identity)],
            identity: { env: 'BENCH_IDENTITY' },
          },
        }),
      },
    };
    return await withPlace(place, async ({ client, startWorker }) => {
      const worker = await startWorker({
        ...imageMemorySettings(),
        BENCH_KEY_ID: seaweed.accessKeyId,
        BENCH_SECRET: seaweed.secretAccessKey,
        BENCH_IDENTITY: identity,
      });
      const idleBytes = memoryOf(worker.pid).rssBytes;
      const { verdict, wholeMs } = await takeBackup(client, { cluster: 'c1' });
      if (verdict !== 'complete') throw new Error(`the backup is ${verdict}`);
      return { idleBytes, peakBytes: memoryOf(worker.pid).peakRssBytes, wholeMs };
    });
  });
}

/**
 * A `pg_dumpall` that repeats a block of rows, which compress about as well as BPMN files do, and ends in the trailer; and a
 * `psql` that knows a version.
 */
function writeStandIn(parent: string): string {
  const folder = path.join(parent, 'bin');
  mkdirSync(folder);
  const block = path.join(folder, 'block.sql');
  for (let row = 0; row < rowsPerBlock; row += 1) {
    const ids = Array.from({ length: 24 }, () => Math.random().toString(36).slice(2)).join('" name="Step ');
    appendFileSync(block, `${row}\t<bpmn:serviceTask id="Activity_${ids}"/>\n`);
  }
  const times = Math.ceil((options.gb * 1e9) / statSync(block).size);
  const dump = [
    '#!/bin/sh',
    'if [ "$1" = --version ]; then echo "pg_dumpall (PostgreSQL) 15.0"; exit; fi',
    `i=0; while [ $i -lt ${times} ]; do cat '${block}'; i=$((i+1)); done`,
    "printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''",
  ];
  writeFileSync(path.join(folder, 'pg_dumpall'), `${dump.join('\n')}\n`, { mode: 0o755 });
  writeFileSync(path.join(folder, 'psql'), '#!/bin/sh\necho 15.0\n', { mode: 0o755 });
  return folder;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}
