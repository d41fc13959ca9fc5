import type { StoreConfig } from '../config/schema.ts';
import { createAzureStore } from './azure.ts';
import { createFolderStore } from './folder.ts';
import { createGcsStore } from './gcs.ts';
import type { ObjectStore } from './port.ts';
import { createS3Store } from './s3.ts';

/** The adapter for a store of the config; `name` is its name there. Nothing is touched before the first call. */
export function createObjectStore(name: string, config: StoreConfig): ObjectStore {
  switch (config.type) {
    case 's3':
      return createS3Store(name, config);
    case 'azure':
      return createAzureStore(name, config);
    case 'gcs':
      return createGcsStore(name, config);
    case 'folder':
      return createFolderStore(name, config);
  }
}
