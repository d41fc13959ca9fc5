import { createObjectStore } from '../../src/storage/objectStore.ts';
import { startAzure } from './azureFixture.ts';
import { describeObjectStore } from './conformance.ts';

describeObjectStore('storage/azure', async () => {
  const server = await startAzure();
  return {
    store: createObjectStore('azure', server.config),
    unfinished: server.unfinished,
    close: server.close,
  };
});
