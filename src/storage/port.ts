import type { Readable } from 'node:stream';

export type ObjectInfo = { key: string; sizeBytes: number; modifiedAt: string };

/**
 * One place that keeps artifacts. Keys are relative to the prefix of the store, with `/` between their parts.
 * Every method fails with `StoreFailed`, naming store, key and reason; credentials that are refused with `AccessDenied`.
 */
export interface ObjectStore {
  /** Name in the config. */
  readonly name: string;
  /** Where an operator finds the key, such as `s3://bucket/prefix/key` or a path. */
  locate(key: string): string;
  /**
   * Writes a stream of unknown length with constant memory. Nothing appears under the key unless the whole stream
   * was read without an error; on failure nothing is left behind.
   */
  putStream(key: string, body: Readable, options?: { signal?: AbortSignal }): Promise<void>;
  /** Writes a small object. `createOnly`: fails with `ObjectExists` when the key is there already. */
  putObject(
    key: string,
    body: string,
    options?: { createOnly?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  /** A small object as text. `null` when the key does not exist; one beyond 64 MiB fails with `StoreFailed`. */
  getObject(key: string, options?: { signal?: AbortSignal }): Promise<string | null>;
  /** Fails with `StoreFailed` when the key does not exist. */
  getStream(key: string, options?: { signal?: AbortSignal }): Promise<Readable>;
  /** `null` when the key does not exist. */
  head(key: string, options?: { signal?: AbortSignal }): Promise<ObjectInfo | null>;
  /** Everything below the prefix, in the order of the keys. */
  list(prefix: string, options?: { signal?: AbortSignal }): AsyncIterable<ObjectInfo>;
  /** Names directly below the prefix that end in `/`, without prefix and slash; cheap however much lies below. */
  listFolders(prefix: string, options?: { signal?: AbortSignal }): Promise<string[]>;
  /** Deleting what does not exist is no error. An upload to the key that was never completed goes too, as far as it may. */
  remove(key: string, options?: { signal?: AbortSignal }): Promise<void>;
}
