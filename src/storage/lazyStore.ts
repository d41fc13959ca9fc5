import type { ObjectStore } from './port.ts';

/** A store whose adapter and SDK are loaded by its first call: a worker without it starts no slower and is no fatter. */
export function lazyStore(
  name: string,
  locate: (key: string) => string,
  load: () => Promise<ObjectStore>,
): ObjectStore {
  let loading: Promise<ObjectStore> | undefined;
  const open = () => (loading ??= load());
  return {
    name,
    locate,
    putStream: async (key, body, options) => (await open()).putStream(key, body, options),
    putObject: async (key, body, options) => (await open()).putObject(key, body, options),
    getObject: async (key, options) => (await open()).getObject(key, options),
    getStream: async (key, options) => (await open()).getStream(key, options),
    head: async (key, options) => (await open()).head(key, options),
    async *list(prefix, options) {
      yield* (await open()).list(prefix, options);
    },
    listFolders: async (prefix, options) => (await open()).listFolders(prefix, options),
    remove: async (key, options) => (await open()).remove(key, options),
    removeUnfinished: async (prefix, olderThan, options) =>
      (await open()).removeUnfinished(prefix, olderThan, options),
    describeProtection: async (options) => (await open()).describeProtection(options),
  };
}
