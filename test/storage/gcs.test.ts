import { createObjectStore } from '../../src/storage/objectStore.ts';
import { describeObjectStore } from './conformance.ts';
import { startGcs } from './gcsFixture.ts';

describeObjectStore('storage/gcs', async () => {
  const server = await startGcs();
  return {
    store: createObjectStore('gcs', server.config),
    unfinished: () => Promise.resolve([]), // sessions are listed nowhere
    close: server.close,
  };
});
