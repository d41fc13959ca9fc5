import type { StoreConfig } from '../config/schema.ts';
import { createFolderStore } from './folder.ts';
import type { ObjectStore } from './port.ts';
import { createS3Store } from './s3.ts';

/** The adapter for a store of the config; `name` is its name there. Nothing is touched before the first call. */
export function createObjectStore(name: string, config: StoreConfig): ObjectStore {
  return config.type === 's3' ? createS3Store(name, config) : createFolderStore(name, config);
}
