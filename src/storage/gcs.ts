import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import type { storage_v1 } from '@googleapis/storage';
import type { GcsStoreConfig } from '../config/schema.ts';
import { createGcsOpener, gcsRoot, type GcsClient } from './gcsClient.ts';
import { gcsStatus, isGcsAbsent, toGcsError } from './gcsError.ts';
import { insertObject, resumableTarget, type GcsTarget } from './gcsUpload.ts';
import { guardedStream } from './guardedStream.ts';
import { gcsLocation, normalPrefix } from './locations.ts';
import { uploadInParts } from './partUpload.ts';
import type { CallOptions, ObjectHead, ObjectInfo, ObjectStore, Protection } from './port.ts';
import { readSmallText } from './smallText.ts';
import { folderPrefix, stillAhead, StoreCalls } from './storeCalls.ts';

/** Metadata of a create-only write, by which a writer knows its own object when the answer was lost. */
const WRITER = 'safepoint-writer';

/** A bucket of Google Cloud Storage. */
export function createGcsStore(name: string, config: GcsStoreConfig): ObjectStore {
  return new GcsStore(name, config);
}

class GcsStore implements ObjectStore {
  readonly name: string;
  readonly #config: GcsStoreConfig;
  readonly #prefix: string;
  readonly #open: () => Promise<GcsClient>;
  readonly #calls: StoreCalls;

  constructor(name: string, config: GcsStoreConfig) {
    this.name = name;
    this.#config = config;
    this.#prefix = normalPrefix(config.prefix);
    this.#open = createGcsOpener(name, config);
    this.#calls = new StoreCalls(name, (key) => this.locate(key), toGcsError);
  }

  locate(key: string): string {
    return gcsLocation(this.#config, key);
  }

  async putStream(key: string, body: Readable, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    try {
      await this.#calls.run('write', key, options, async () => {
        if (signal !== undefined) addAbortSignal(signal, body);
        const { storageClass } = this.#config;
        const settings = { ...(storageClass !== undefined && { storageClass }), ...this.#lock() };
        await uploadInParts(resumableTarget(await this.#open(), this.#target(key, settings)), body, signal);
      });
    } finally {
      body.destroy();
    }
  }

  async putObject(
    key: string,
    body: string,
    options: CallOptions & { createOnly?: boolean; lock?: boolean } = {},
  ): Promise<void> {
    const { createOnly = false, lock = false } = options;
    await this.#calls.run('write', key, options, async () => {
      const client = await this.#open();
      const writer = randomUUID();
      const settings = {
        ...(lock && this.#lock()),
        ...(createOnly && { metadata: { [WRITER]: writer } }),
      };
      try {
        await insertObject(client, this.#target(key, settings), body, options);
      } catch (error) {
        if (!createOnly || gcsStatus(error) !== 412) throw error;
        const found = await this.#get(client, key, options).catch(nullWhenAbsent);
        if (found?.metadata?.[WRITER] !== writer) throw this.#calls.alreadyThere(key);
      }
    });
  }

  async getObject(key: string, options: CallOptions = {}): Promise<string | null> {
    return this.#calls.run('read', key, options, async () => {
      const body = await this.#download(key, options).catch(nullWhenAbsent);
      return body === null ? null : await readSmallText(body);
    });
  }

  async getStream(key: string, options: CallOptions = {}): Promise<Readable> {
    return this.#calls.run('read', key, options, async () =>
      guardedStream(await this.#download(key, options), options.signal, (error) =>
        this.#calls.toError('read', key, error),
      ),
    );
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.#calls.run('read', key, options, async () => {
      const found = await this.#get(await this.#open(), key, options).catch(nullWhenAbsent);
      if (found === null) return null;
      return {
        ...this.#toInfo(found),
        retainedUntil: stillAhead(found.retention?.retainUntilTime, found.retentionExpirationTime),
        held: found.temporaryHold === true || found.eventBasedHold === true,
      };
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    const pages = this.#pages({ prefix: this.#prefix + prefix }, options);
    for (;;) {
      const page = await this.#calls.run('list', prefix, options, () => pages.next());
      if (page.done === true) return;
      for (const item of page.value.items ?? []) yield this.#toInfo(item);
    }
  }

  async listFolders(prefix: string, options: CallOptions = {}): Promise<string[]> {
    const folder = this.#prefix + folderPrefix(prefix);
    return this.#calls.run('list', prefix, options, async () => {
      const names: string[] = [];
      for await (const page of this.#pages({ prefix: folder, delimiter: '/' }, options)) {
        for (const found of page.prefixes ?? []) names.push(found.slice(folder.length, -1));
      }
      return names;
    });
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.run('delete', key, options, async () => {
      this.#calls.refuseLocked(await this.head(key, options));
      const { api } = await this.#open();
      await api.objects.delete(this.#address(key), { signal: options.signal }).catch(nullWhenAbsent);
    });
  }

  /** Sessions of uploads are listed nowhere, cost nothing, and Google drops them after a week. */
  async removeUnfinished(prefix: string, _olderThan: string, options: CallOptions = {}): Promise<string[]> {
    return this.#calls.run('give back unfinished uploads below', prefix, options, () => Promise.resolve([]));
  }

  async describeProtection(options: CallOptions = {}): Promise<Protection> {
    return this.#calls.run('ask about', '', options, async () => {
      const { api } = await this.#open();
      const { bucket, objectLock } = this.#config;
      const lockWanted = objectLock !== undefined;
      try {
        const { data } = await api.buckets.get({ bucket }, { signal: options.signal });
        return { ...toProtection(data), lockWanted };
      } catch (error) {
        options.signal?.throwIfAborted();
        const untold = [`the bucket (HTTP ${gcsStatus(error) ?? 'none'}; storage.buckets.get is needed)`];
        return { ...nothingTold, untold, lockWanted };
      }
    });
  }

  async #get(client: GcsClient, key: string, options: CallOptions): Promise<storage_v1.Schema$Object> {
    return (await client.api.objects.get(this.#address(key), { signal: options.signal })).data;
  }

  async #download(key: string, { signal }: CallOptions): Promise<Readable> {
    const { api } = await this.#open();
    const media = { ...this.#address(key), alt: 'media' };
    // A timeout would count for the whole stream; connections without a byte are ended by their agent.
    const { data } = await api.objects.get(media, { responseType: 'stream', timeout: 0, signal });
    return data;
  }

  async *#pages(
    query: { prefix: string; delimiter?: string },
    options: CallOptions,
  ): AsyncGenerator<storage_v1.Schema$Objects> {
    const { api } = await this.#open();
    const { bucket } = this.#config;
    let pageToken: string | undefined;
    do {
      const fields = 'nextPageToken,prefixes,items(name,size,updated)';
      const page = await api.objects.list(
        { bucket, ...query, pageToken, fields },
        { signal: options.signal },
      );
      yield page.data;
      pageToken = page.data.nextPageToken ?? undefined;
    } while (pageToken !== undefined);
  }

  #address(key: string) {
    return { bucket: this.#config.bucket, object: this.#prefix + key };
  }

  #target(key: string, settings: storage_v1.Schema$Object): GcsTarget {
    const { bucket, kmsKey } = this.#config;
    return {
      root: gcsRoot(this.#config),
      bucket,
      name: this.#prefix + key,
      ...(kmsKey !== undefined && { kmsKey }),
      settings,
    };
  }

  #lock(): storage_v1.Schema$Object {
    const { objectLock } = this.#config;
    if (objectLock === undefined) return {};
    const retainUntilTime = new Date(Date.now() + objectLock.retain).toISOString();
    return { retention: { mode: objectLock.mode === 'COMPLIANCE' ? 'Locked' : 'Unlocked', retainUntilTime } };
  }

  #toInfo({ name, size, updated }: storage_v1.Schema$Object): ObjectInfo {
    return {
      key: (name ?? '').slice(this.#prefix.length),
      sizeBytes: Number(size ?? 0),
      modifiedAt: new Date(updated ?? 0).toISOString(),
    };
  }
}

const nothingTold = { versioning: null, objectLock: null, defaultRetention: null, encryption: null };

function toProtection(bucket: storage_v1.Schema$Bucket): Omit<Protection, 'lockWanted'> {
  const { retentionPolicy, objectRetention, encryption, versioning } = bucket;
  const seconds = retentionPolicy?.retentionPeriod;
  const locked = retentionPolicy?.isLocked === true ? 'locked' : 'not locked';
  return {
    versioning: versioning?.enabled ?? false,
    objectLock: objectRetention?.mode === 'Enabled',
    defaultRetention: seconds ? `${seconds} s, ${locked}` : 'none',
    encryption: encryption?.defaultKmsKeyName ?? 'none',
    untold: [],
  };
}

function nullWhenAbsent(error: unknown): null {
  if (isGcsAbsent(error)) return null;
  throw error;
}
