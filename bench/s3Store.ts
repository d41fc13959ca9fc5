import type { Seaweed } from '../sandbox/stack/seaweed.ts';
import type { S3StoreConfig } from '../src/config/schema.ts';

/** A store on the local S3 server; its secrets are in `BENCH_KEY_ID` and `BENCH_SECRET`, here and where `env` is given. */
export function s3StoreOf(seaweed: Seaweed, prefix: string): S3StoreConfig {
  return {
    type: 's3',
    bucket: seaweed.bucket,
    prefix,
    region: seaweed.region,
    endpoint: seaweed.endpoint,
    forcePathStyle: true,
    accessKeyId: { env: 'BENCH_KEY_ID' },
    secretAccessKey: { env: 'BENCH_SECRET' },
  };
}
