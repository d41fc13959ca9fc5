import type { StoreConfig } from '../config/schema.ts';
import { createFolderStore } from './folder.ts';
import { lazyStore } from './lazyStore.ts';
import { azureLocation, gcsLocation } from './locations.ts';
import type { ObjectStore } from './port.ts';
import { createS3Store } from './s3.ts';

/** The adapter for a store of the config; `name` is its name there. Nothing is touched before the first call. */
export function createObjectStore(name: string, config: StoreConfig): ObjectStore {
  switch (config.type) {
    case 's3':
      return createS3Store(name, config);
    case 'azure':
      return lazyStore(
        name,
        (key) => azureLocation(config, key),
        async () => (await import('./azure.ts')).createAzureStore(name, config),
      );
    case 'gcs':
      return lazyStore(
        name,
        (key) => gcsLocation(config, key),
        async () => (await import('./gcs.ts')).createGcsStore(name, config),
      );
    case 'folder':
      return createFolderStore(name, config);
  }
}
