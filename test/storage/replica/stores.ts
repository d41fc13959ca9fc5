import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createObjectStore } from '../../../src/storage/objectStore.ts';
import type { ObjectStore } from '../../../src/storage/port.ts';

/** Source, target and leading store as folders. */
export async function openFolders() {
  const root = await mkdtemp(path.join(os.tmpdir(), 'safepoint-replica-'));
  const open = async (name: string) => {
    await mkdir(path.join(root, name));
    return createObjectStore(name, { type: 'folder', path: path.join(root, name) });
  };
  return {
    root,
    from: await open('from'),
    to: await open('to'),
    leading: await open('leading'),
    close: () => rm(root, { recursive: true }),
  };
}

/** Keys of a store with the digests of what they hold. */
export async function contentOf(store: ObjectStore): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { key } of store.list(''))
    content[key] = createHash('sha256')
      .update(await buffer(await store.getStream(key)))
      .digest('hex');
  return content;
}

type Call = { verb: 'getStream' | 'putStream' | 'remove'; key: string };

/** The same store; every read and write of an object is told first, and may be refused by throwing. */
export function watched(store: ObjectStore, onCall: (call: Call) => void | Promise<void>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      if (name !== 'getStream' && name !== 'putStream' && name !== 'remove') return method;
      return async (key: string, ...rest: unknown[]) => {
        await onCall({ verb: name, key });
        return await method(key, ...rest);
      };
    },
  });
}
