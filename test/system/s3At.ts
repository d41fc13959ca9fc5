import { StoreConfig } from '../../src/config/schema.ts';
import { createObjectStore } from '../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

/** The S3 store `main` at a server that is none; both keys are the variable. */
export function s3At(endpoint: string, variable: string): ObjectStore {
  const key = { env: variable };
  const config = {
    type: 's3',
    bucket: 'b',
    endpoint,
    forcePathStyle: true,
    accessKeyId: key,
    secretAccessKey: key,
  };
  return createObjectStore('main', StoreConfig.parse(config));
}
