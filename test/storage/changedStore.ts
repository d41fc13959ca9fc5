import type { ObjectStore } from '../../src/storage/port.ts';

/** A store of which some methods are exchanged. */
export function changed(store: ObjectStore, changes: Partial<ObjectStore>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const own: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}
