import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startSeaweed } from '../sandbox/stack/seaweed.ts';
import { FAILURE, INTENT, MANIFEST, PAUSE, RESUME, setKey } from '../src/domain/setKeys.ts';
import { formatLabel } from '../src/domain/setLabel.ts';
import { listCatalog } from '../src/storage/catalog.ts';
import { createObjectStore } from '../src/storage/objectStore.ts';
import type { ObjectStore } from '../src/storage/port.ts';
import { median } from './numbers.ts';
import { s3StoreOf } from './s3Store.ts';
import type { Row } from './table.ts';

const CLUSTERS = 50;
const SETS_PER_CLUSTER = 200;
/** One set in so many failed: it is opened, as its reason stands inside. */
const FAILED_EVERY = 50;
const ROUNDS = 5;
const PARALLEL_WRITES = 64;
const FIRST_ID = 1_795_000_000;
const MANIFEST_TEXT = '{}'; // never opened: a list that did would find no manifest in it

/** How long the list of 10,000 sets of 50 clusters takes on a local S3 server, and what it opens. */
export async function measureCatalog(): Promise<Row[]> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'safepoint-bench-'));
  const seaweed = await startSeaweed({ dataDir });
  try {
    process.env.BENCH_KEY_ID = seaweed.accessKeyId;
    process.env.BENCH_SECRET = seaweed.secretAccessKey;
    const store = createObjectStore('local', s3StoreOf(seaweed, 'bench'));
    await fill(store);
    return await measure(store);
  } finally {
    await seaweed.stop();
    rmSync(dataDir, { recursive: true });
  }
}

async function measure(store: ObjectStore): Promise<Row[]> {
  const opened: string[] = [];
  const getObject = store.getObject.bind(store);
  store.getObject = (key, options) => {
    opened.push(key);
    return getObject(key, options);
  };
  const spans: number[] = [];
  let sets = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    opened.length = 0;
    const startedMs = performance.now();
    sets = (await listCatalog([store])).entries.length;
    spans.push(performance.now() - startedMs);
  }
  const seconds = median(spans) / 1000;
  const manifests = opened.filter((key) => key.endsWith(MANIFEST)).length;
  return [
    {
      what: `list of ${sets} sets of ${CLUSTERS} clusters, median of ${ROUNDS}`,
      value: `${seconds.toFixed(2)} s`,
      mark: { text: 'below 3 s', held: seconds < 3 && sets === CLUSTERS * SETS_PER_CLUSTER },
    },
    { what: 'manifests opened', value: String(manifests), mark: { text: '0', held: manifests === 0 } },
    { what: 'other objects opened', value: String(opened.length - manifests) },
  ];
}

async function fill(store: ObjectStore): Promise<void> {
  const objects = function* (): Generator<[string, string]> {
    for (let cluster = 0; cluster < CLUSTERS; cluster += 1)
      for (let set = 0; set < SETS_PER_CLUSTER; set += 1) {
        const backupId = String(FIRST_ID + set * 86_400);
        const failed = set % FAILED_EVERY === 0;
        for (const name of failed ? FAILED : GOOD)
          yield [setKey(`cluster-${cluster}`, backupId, name), bodyOf(name)];
      }
  };
  const left = objects();
  const write = async () => {
    for (const [key, body] of left) await store.putObject(key, body);
  };
  await Promise.all(Array.from({ length: PARALLEL_WRITES }, write));
}

const LABEL = formatLabel({
  verdict: 'complete',
  procedure: 'sequential',
  startedMs: FIRST_ID * 1000,
  completedMs: FIRST_ID * 1000 + 60_000,
  windowMs: 20_000,
  manifestBytes: MANIFEST_TEXT.length,
  artifacts: 1,
  artifactBytes: 1,
  manifestSha256: 'ab'.repeat(32),
});
const GOOD = [INTENT, PAUSE, RESUME, 'web-modeler.sql.zst', LABEL, MANIFEST];
const FAILED = [INTENT, PAUSE, RESUME, FAILURE];

function bodyOf(name: string): string {
  return name === MANIFEST ? MANIFEST_TEXT : '\n';
}
