import type { Readable } from 'node:stream';

export type CallOptions = { signal?: AbortSignal };

export type ObjectInfo = {
  key: string;
  sizeBytes: number;
  modifiedAt: string;
  /** Differs when the bytes do, without quotes; 32 hex digits are their MD5 as a rule. Absent where the store has none. */
  etag?: string;
};

export type ObjectHead = ObjectInfo & {
  /** The store keeps it until then, whoever asks; `null` when nothing is known of a date, or it is past. */
  retainedUntil: string | null;
  /** Somebody put a hold on it (legal hold, event hold): it stays until that is taken away. */
  held: boolean;
};

/** What a store says of itself. `null`: it does not tell, or not to us; `untold` says why. */
export type Protection = {
  /** Earlier states of an object outlive overwriting and deleting. */
  versioning: boolean | null;
  /** Objects may carry a date until which nobody can delete them. */
  objectLock: boolean | null;
  /** What the store puts on every new object by itself, in its own words; `none`. */
  defaultRetention: string | null;
  /** Default encryption at rest, in its own words; `none`. */
  encryption: string | null;
  untold: string[];
  /** The config wants artifacts and manifests locked. */
  lockWanted: boolean;
};

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
   * was read without an error; on failure nothing is left behind. Locked when the config says so.
   */
  putStream(key: string, body: Readable, options?: CallOptions): Promise<void>;
  /**
   * Writes a small object. `createOnly`: fails with `ObjectExists` when the key is there already. `lock`: for what must
   * outlive the set's working files; locked when the config says so.
   */
  putObject(
    key: string,
    body: string,
    options?: CallOptions & { createOnly?: boolean; lock?: boolean },
  ): Promise<void>;
  /** A small object as text. `null` when the key does not exist; one beyond 64 MiB fails with `StoreFailed`. */
  getObject(key: string, options?: CallOptions): Promise<string | null>;
  /** Fails with `StoreFailed` when the key does not exist. */
  getStream(key: string, options?: CallOptions): Promise<Readable>;
  /** `null` when the key does not exist. */
  head(key: string, options?: CallOptions): Promise<ObjectHead | null>;
  /** Everything below the prefix, in the order of the keys. */
  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo>;
  /** Names directly below the prefix that end in `/`, without prefix and slash; cheap however much lies below. */
  listFolders(prefix: string, options?: CallOptions): Promise<string[]>;
  /**
   * Deleting what does not exist is no error. An upload to the key that was never completed goes too, as far as it may.
   * Fails with `ObjectLocked`, naming the date, when the object is retained or held; then nothing was deleted.
   */
  remove(key: string, options?: CallOptions): Promise<void>;
  /**
   * Gives back what uploads below the prefix left that began before `olderThan` (ISO) and were never completed.
   * Returns their keys. Only for sets whose run is gone: an upload that is still at work would fail.
   */
  removeUnfinished(prefix: string, olderThan: string, options?: CallOptions): Promise<string[]>;
  /** What protects the objects of this store. What it does not tell is no error. */
  describeProtection(options?: CallOptions): Promise<Protection>;
}
