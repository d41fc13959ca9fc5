import type { ObjectStore } from '../../../src/storage/port.ts';

/** A real store with some of its ways changed. */
export function changedStore(store: ObjectStore, change: Partial<ObjectStore>): ObjectStore {
  return {
    name: store.name,
    locate: (key) => store.locate(key),
    putStream: (key, body, options) => store.putStream(key, body, options),
    putObject: (key, body, options) => store.putObject(key, body, options),
    getObject: (key, options) => store.getObject(key, options),
    getStream: (key, options) => store.getStream(key, options),
    head: (key, options) => store.head(key, options),
    list: (prefix, options) => store.list(prefix, options),
    listFolders: (prefix, options) => store.listFolders(prefix, options),
    remove: (key, options) => store.remove(key, options),
    removeUnfinished: (prefix, olderThan, options) => store.removeUnfinished(prefix, olderThan, options),
    describeProtection: (options) => store.describeProtection(options),
    ...change,
  };
}
