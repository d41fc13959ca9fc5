import { Readable } from 'node:stream';
import { createObjectStore } from '../../src/storage/objectStore.ts';

/** Writes a small object and one of 8 MiB, in a process that may write files of 1 MiB only; prints what the store says. */
const store = createObjectStore('local', { type: 'folder', path: process.argv[2] ?? '' });
await store.putObject('set/small', 'x');
try {
  const chunks = Array.from({ length: 128 }, () => Buffer.alloc(64 * 1024));
  await store.putStream('set/dump', Readable.from(chunks));
  console.log('it did not fail');
} catch (error) {
  console.log(String(error));
}
