import { text } from 'node:stream/consumers';
import type { DatabaseConfig, StoreConfig } from '../src/config/schema.ts';
import { dumpDatabase } from '../src/database/dump.ts';
import { createObjectStore } from '../src/storage/objectStore.ts';

/**
 * One dump in a process of its own; the argument says of what and to where. A small object is written to each store before, as
 * every run writes its intent. The dump begins when stdin ends, and the process says when it is done.
 */
type Request = { database: DatabaseConfig; stores: StoreConfig[]; key: string; recipients?: string[] };

const { stores, ...request } = JSON.parse(process.argv[2] ?? '') as Request;
const opened = stores.map((store, at) => createObjectStore(`store-${at}`, store));
for (const store of opened) await store.putObject(`${request.key}.intent`, '{}');
console.log('ready');
await text(process.stdin);
await dumpDatabase({ ...request, stores: opened });
console.log('done');
process.exit(0);
