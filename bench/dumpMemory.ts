import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startSeaweed } from '../sandbox/stack/seaweed.ts';
import { dumpDatabase } from '../src/database/dump.ts';
import { createObjectStore } from '../src/storage/objectStore.ts';

/**
 * Peak memory of this process while it dumps 2 GB of SQL-like text to a local S3 server. The stand-in for pg_dumpall prints the
 * same kind of rows as fast as they are taken. Ends with exit code 1 above the limit.
 */
const rawBytes = 2_000_000_000;
const limitBytes = 350 * 1024 ** 2;
const rowsPerBlock = 40_000; // more than zstd remembers, or every repetition would cost nothing

const dir = mkdtempSync(path.join(os.tmpdir(), 'safepoint-bench-'));
const seaweed = await startSeaweed({ dataDir: dir });
try {
  process.env.BENCH_SECRET = seaweed.secretAccessKey;
  process.env.BENCH_KEY_ID = seaweed.accessKeyId;
  process.env.BENCH_PASSWORD = 'unused';
  const store = createObjectStore('local', {
    type: 's3',
    bucket: seaweed.bucket,
    prefix: 'bench',
    region: seaweed.region,
    endpoint: seaweed.endpoint,
    forcePathStyle: true,
    accessKeyId: { env: 'BENCH_KEY_ID' },
    secretAccessKey: { env: 'BENCH_SECRET' },
  });
  const binDir = writeStandIn(dir);
  const database = {
    host: 'stand-in',
    port: 5432,
    user: 'bench',
    password: { env: 'BENCH_PASSWORD' },
    binDir,
    sslMode: 'prefer' as const,
  };
  const before = peakRssBytes();
  const start = performance.now();
  const result = await dumpDatabase({ database, stores: [store], key: 'dump.sql.zst' });
  const seconds = (performance.now() - start) / 1000;
  const peak = peakRssBytes();
  console.log(
    `dumped ${inMB(result.rawSizeBytes)} to ${inMB(result.sizeBytes)} in ${seconds.toFixed(1)} s (${inMB(result.rawSizeBytes / seconds)}/s)`,
  );
  console.log(
    `peak RSS of the process: ${inMiB(peak)}; before the dump: ${inMiB(before)}; limit: ${inMiB(limitBytes)}`,
  );
  if (peak > limitBytes) process.exitCode = 1;
} finally {
  await seaweed.stop();
  rmSync(dir, { recursive: true, force: true });
}

/** A `pg_dumpall` that repeats a block of rows, which compress about as well as BPMN files do, and ends in the trailer. */
function writeStandIn(parent: string): string {
  const folder = path.join(parent, 'bin');
  mkdirSync(folder);
  const block = path.join(folder, 'block.sql');
  for (let row = 0; row < rowsPerBlock; row += 1) {
    const ids = Array.from({ length: 24 }, () => Math.random().toString(36).slice(2)).join('" name="Step ');
    appendFileSync(block, `${row}\t<bpmn:serviceTask id="Activity_${ids}"/>\n`);
  }
  const times = Math.ceil(rawBytes / statSync(block).size);
  const script = [
    '#!/bin/sh',
    `i=0; while [ $i -lt ${times} ]; do cat '${block}'; i=$((i+1)); done`,
    "printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''",
  ];
  writeFileSync(path.join(folder, 'pg_dumpall'), `${script.join('\n')}\n`, { mode: 0o755 });
  return folder;
}

/** The most that this process ever had in memory, by the kernel's own count. */
function peakRssBytes(): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kib) * 1024;
}

function inMB(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function inMiB(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}
