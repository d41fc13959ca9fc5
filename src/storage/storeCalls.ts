import type { SafepointError } from '../contract/errors.ts';
import type { CallOptions, ObjectHead, ObjectInfo } from './port.ts';
import { storeError, type StoreAction } from './storeError.ts';

/** What the adapters do around each call: names for errors, and the reason of an abort as it is. */
export class StoreCalls {
  readonly #store: string;
  readonly #locate: (key: string) => string;
  readonly #toError: (action: StoreAction, error: unknown) => SafepointError;

  constructor(
    store: string,
    locate: (key: string) => string,
    toError: (action: StoreAction, error: unknown) => SafepointError,
  ) {
    this.#store = store;
    this.#locate = locate;
    this.#toError = toError;
  }

  action(verb: string, key: string): StoreAction {
    return { store: this.#store, verb, location: this.#locate(key) };
  }

  async run<T>(verb: string, key: string, options: CallOptions, call: () => Promise<T>): Promise<T> {
    options.signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      options.signal?.throwIfAborted();
      throw this.toError(verb, key, error);
    }
  }

  toError(verb: string, key: string, error: unknown): SafepointError {
    return this.#toError(this.action(verb, key), error);
  }

  alreadyThere(key: string): SafepointError {
    return storeError('ObjectExists', this.action('create', key), 'it is there already');
  }

  /**
   * With versioning some stores "delete" a locked object by hiding it behind a marker: it would be gone from every listing,
   * and still be there and paid for. So we look first.
   */
  refuseLocked(head: ObjectHead | null): void {
    if (head === null || (head.retainedUntil === null && !head.held)) return;
    const reason = head.held
      ? 'somebody put a hold on it; it can go when that is taken away'
      : `it is locked until ${head.retainedUntil ?? ''}`;
    throw storeError('ObjectLocked', this.action('delete', head.key), reason);
  }
}

/** The date while it lies ahead. */
export function stillAhead(...dates: (Date | string | null | undefined)[]): string | null {
  const times = dates.filter((date) => date !== null && date !== undefined).map((date) => +new Date(date));
  const latest = Math.max(...times);
  return latest > Date.now() ? new Date(latest).toISOString() : null;
}

export function folderPrefix(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** What an SDK leaves out becomes 0 and the year 1970. */
export function toInfo(
  key: string,
  sizeBytes: number | undefined,
  modifiedAt: Date | undefined,
  etag?: string,
): ObjectInfo {
  const info = { key, sizeBytes: sizeBytes ?? 0, modifiedAt: (modifiedAt ?? new Date(0)).toISOString() };
  return etag === undefined ? info : { ...info, etag: etag.replaceAll('"', '') };
}
