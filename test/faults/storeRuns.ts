import path from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { dumpName } from '../../src/domain/setKeys.ts';
import type { ClusterShape, ClusterUnderTest } from './cluster.ts';
import { wholeDump, writePrograms } from './fakePrograms.ts';
import { startInstallation, type Installation } from './installation.ts';
import { endOf, type RunEnd } from './runs.ts';
import { startS3Gate, type S3Fault, type S3FaultHandle, type S3Gate } from './s3Gate.ts';

/** What breaks in a run, and when; each case has a cluster of its own. */
export type StoreCase = {
  at: string; // the title
  cluster: string;
  /** From the start of the run. */
  faults?: readonly Omit<S3Fault, 'cluster'>[];
  /** What happens meanwhile. */
  during?: (scene: Scene) => Promise<void>;
  /** For the dump, and for seal. Default: those of the product. */
  budget?: string;
  /** The dump goes in two parts. */
  multipart?: boolean;
};

export type Scene = { cluster: ClusterUnderTest; gate: S3Gate; installation: Installation };
export type Broken = { end: RunEnd; hits: number[]; tookMs: number };

export const DATABASE = 'web-modeler';
export const DUMP = dumpName(DATABASE);
const DUMP_BYTES = 30_000;
const MULTIPART_BYTES = 8_500_000;

/** An S3 store behind a gate; every backup dumps a database. */
export async function startStoreInstallation(
  folder: string,
  cases: readonly StoreCase[],
): Promise<{ installation: Installation; gate: S3Gate }> {
  const gate = await startS3Gate();
  const small = writePrograms(path.join(folder, 'small'), { pg_dumpall: wholeDump(DUMP_BYTES) });
  const large = writePrograms(path.join(folder, 'large'), { pg_dumpall: wholeDump(MULTIPART_BYTES) });
  const installation = await startInstallation({
    store: 's3',
    clusters: Object.fromEntries(
      cases.map(({ cluster, budget, multipart }) => [
        cluster,
        shapeOf(multipart === true ? large : small, budget),
      ]),
    ),
    adapt: (config) => {
      const { main } = config.stores as { main: Record<string, unknown> };
      gate.target = String(main.endpoint);
      return { ...config, stores: { main: { ...main, endpoint: gate.endpoint } } };
    },
  }).catch(async (error: unknown) => {
    await gate.stop();
    throw error;
  });
  return { installation, gate };
}

export function shapeOf(binDir: string, budget?: string): ClusterShape {
  const database = { host: '127.0.0.1', user: 'nobody', password: { env: 'FAULTS_PASSWORD' }, binDir };
  return {
    optimize: false,
    settings: {
      databases: { [DATABASE]: database },
      ...(budget !== undefined && { budgets: { dump: budget, seal: budget } }),
    },
  };
}

/** All cases side by side on one worker: together they take as long as the slowest. */
export async function runAll(
  installation: Installation,
  gate: S3Gate,
  cases: readonly StoreCase[],
): Promise<Map<string, Promise<Broken>>> {
  const ends = cases.map((each) => [each.cluster, runOne(installation, gate, each)] as const);
  await Promise.allSettled(ends.map(([, end]) => end));
  return new Map(ends);
}

async function runOne(
  installation: Installation,
  gate: S3Gate,
  { cluster: name, faults = [], during }: StoreCase,
): Promise<Broken> {
  const cluster = await installation.freshCluster({ cluster: name });
  const armed: S3FaultHandle[] = faults.map((fault) => gate.add({ ...fault, cluster: name }));
  const startedMs = performance.now();
  const handle = await installation.startBackup({ cluster: name });
  const ending = endOf(handle, 150_000);
  await Promise.all([ending, during?.({ cluster, gate, installation })]);
  for (const each of armed) each.remove();
  const tookMs = Math.round(performance.now() - startedMs);
  return { end: await ending, hits: armed.map((each) => each.hits()), tookMs };
}

/** Keys of objects, and of uploads that nobody completed or aborted. */
export async function keysOf(
  installation: Installation,
  cluster: string,
): Promise<{ objects: string[]; uploads: string[] }> {
  const objects: string[] = [];
  for await (const { key } of installation.openStore().list(`${cluster}/`)) objects.push(key);
  const { s3 } = installation.store;
  if (s3 === undefined) return { objects, uploads: [] };
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3.server;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  client.destroy();
  const keys = Uploads.map(({ Key = '' }) => Key);
  return { objects, uploads: keys.filter((key) => key.includes(`/${cluster}/`)) };
}
