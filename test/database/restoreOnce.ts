import { createObjectStore } from '../../src/storage/objectStore.ts';
import { restoreDump, type RestoreDumpRequest } from '../../src/database/restoreDump.ts';

/** A worker to be killed: restores what the variable RESTORE says, from the folder that it names. */
const { folder, ...request } = JSON.parse(process.env.RESTORE ?? '') as Omit<RestoreDumpRequest, 'store'> & {
  folder: string;
};
await restoreDump({ ...request, store: createObjectStore('local', { type: 'folder', path: folder }) });
