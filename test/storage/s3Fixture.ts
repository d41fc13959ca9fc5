import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { startSeaweed, type Seaweed } from '../../sandbox/stack/seaweed.ts';
import type { S3StoreConfig } from '../../src/config/schema.ts';

export type S3Server = Seaweed & {
  /** Config of a store on it; its secrets are in environment variables. */
  config: S3StoreConfig;
  /** Keys of multipart uploads that are neither completed nor aborted. */
  unfinished: () => Promise<string[]>;
  close: () => Promise<void>;
};

/** A real S3 server (SeaweedFS) of its own. */
export async function startS3(): Promise<S3Server> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'safepoint-s3-'));
  const seaweed = await startSeaweed({ dataDir });
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = seaweed;
  process.env.TEST_S3_KEY_ID = accessKeyId;
  process.env.TEST_S3_SECRET = secretAccessKey;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  return {
    ...seaweed,
    config: {
      type: 's3',
      bucket,
      prefix: 'safepoint',
      region,
      endpoint,
      forcePathStyle: true,
      accessKeyId: { env: 'TEST_S3_KEY_ID' },
      secretAccessKey: { env: 'TEST_S3_SECRET' },
    },
    async unfinished() {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return Uploads.map(({ Key }) => Key ?? '');
    },
    async close() {
      client.destroy();
      await seaweed.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
