import { randomUUID } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import type { BlobDownloadResponseParsed, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { AzureStoreConfig } from '../config/schema.ts';
import { blocksBegun, blocksTarget, DISCARDED, discardBlocks, type BlobSettings } from './azureBlocks.ts';
import { createContainerOpener } from './azureClient.ts';
import { isAzureAbsent, isAzureAlreadyThere, toAzureError } from './azureError.ts';
import { describeContainer } from './azureProtection.ts';
import { guardedStream } from './guardedStream.ts';
import { azureLocation, normalPrefix } from './locations.ts';
import { uploadInParts } from './partUpload.ts';
import type { CallOptions, ObjectHead, ObjectInfo, ObjectStore, Protection } from './port.ts';
import { readSmallText } from './smallText.ts';
import { folderPrefix, stillAhead, StoreCalls, toInfo } from './storeCalls.ts';

/** Metadata of a create-only write, by which a writer knows its own blob when the answer was lost. */
const WRITER = 'safepointwriter';

/** A container of Azure Blob Storage. */
export function createAzureStore(name: string, config: AzureStoreConfig): ObjectStore {
  return new AzureStore(name, config);
}

class AzureStore implements ObjectStore {
  readonly name: string;
  readonly #config: AzureStoreConfig;
  readonly #prefix: string;
  readonly #open: () => Promise<ContainerClient>;
  readonly #calls: StoreCalls;

  constructor(name: string, config: AzureStoreConfig) {
    this.name = name;
    this.#config = config;
    this.#prefix = normalPrefix(config.prefix);
    this.#open = createContainerOpener(name, config);
    this.#calls = new StoreCalls(name, (key) => this.locate(key), toAzureError);
  }

  locate(key: string): string {
    return azureLocation(this.#config, key);
  }

  async putStream(key: string, body: Readable, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    try {
      await this.#calls.run('write', key, options, async () => {
        if (signal !== undefined) addAbortSignal(signal, body);
        const settings = () => this.#artifact();
        await uploadInParts(blocksTarget(await this.#blob(key), settings), body, signal);
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
    const { createOnly = false, lock = false, signal } = options;
    await this.#calls.run('write', key, options, async () => {
      const writer = randomUUID();
      const blob = await this.#blob(key);
      const settings = { ...this.#settings(), ...(lock && this.#lock()), abortSignal: signal };
      const condition = { metadata: { [WRITER]: writer }, conditions: { ifNoneMatch: '*' } };
      try {
        await blob.upload(body, Buffer.byteLength(body), { ...settings, ...(createOnly && condition) });
      } catch (error) {
        if (!createOnly || !isAzureAlreadyThere(error)) throw error;
        const { metadata } = await blob.getProperties({ abortSignal: signal });
        if (metadata?.[WRITER] !== writer) throw this.#calls.alreadyThere(key);
      }
    });
  }

  async getObject(key: string, options: CallOptions = {}): Promise<string | null> {
    return this.#calls.run('read', key, options, async () => {
      const answer = await this.#download(key, options).catch(nullWhenAbsent);
      if (answer === null || answer.metadata?.[DISCARDED] !== undefined) return null;
      return await readSmallText(bodyOf(answer));
    });
  }

  async getStream(key: string, options: CallOptions = {}): Promise<Readable> {
    return this.#calls.run('read', key, options, async () =>
      guardedStream(bodyOf(await this.#download(key, options)), options.signal, (error) =>
        this.#calls.toError('read', key, error),
      ),
    );
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.#calls.run('read', key, options, async () => {
      const blob = await this.#blob(key);
      const found = await blob.getProperties({ abortSignal: options.signal }).catch(nullWhenAbsent);
      if (found === null || found.metadata?.[DISCARDED] !== undefined) return null;
      return {
        ...toInfo(key, found.contentLength, found.lastModified),
        retainedUntil: stillAhead(found.immutabilityPolicyExpiresOn),
        held: found.legalHold === true,
      };
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    const container = await this.#calls.run('list', prefix, options, this.#open);
    const query = { prefix: this.#prefix + prefix, includeMetadata: true, abortSignal: options.signal };
    const pages = container.listBlobsFlat(query).byPage()[Symbol.asyncIterator]();
    for (;;) {
      const page = await this.#calls.run('list', prefix, options, () => pages.next());
      if (page.done === true) return;
      for (const { name, properties, metadata } of page.value.segment.blobItems) {
        if (metadata?.[DISCARDED] !== undefined) continue;
        yield toInfo(name.slice(this.#prefix.length), properties.contentLength, properties.lastModified);
      }
    }
  }

  async listFolders(prefix: string, options: CallOptions = {}): Promise<string[]> {
    const folder = this.#prefix + folderPrefix(prefix);
    return this.#calls.run('list', prefix, options, async () => {
      const container = await this.#open();
      const names: string[] = [];
      const query = { prefix: folder, abortSignal: options.signal };
      for await (const item of container.listBlobsByHierarchy('/', query)) {
        if (item.kind === 'prefix') names.push(item.name.slice(folder.length, -1));
      }
      return names;
    });
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.run('delete', key, options, async () => {
      this.#calls.refuseLocked(await this.head(key, options));
      const blob = await this.#blob(key);
      const { signal } = options;
      const found = await blob
        .delete({ deleteSnapshots: 'include', abortSignal: signal })
        .catch(nullWhenAbsent);
      if (found !== null || !(await hasBlocks(blob, signal))) return;
      await discardBlocks(blob, signal).catch(() => undefined);
    });
  }

  async removeUnfinished(prefix: string, olderThan: string, options: CallOptions = {}): Promise<string[]> {
    const { signal } = options;
    return this.#calls.run('give back unfinished uploads below', prefix, options, async () => {
      const container = await this.#open();
      const removed: string[] = [];
      const query = { prefix: this.#prefix + prefix, includeUncommitedBlobs: true, includeMetadata: true };
      for await (const { name, properties, metadata } of container.listBlobsFlat({
        ...query,
        abortSignal: signal,
      })) {
        const left = metadata?.[DISCARDED] !== undefined;
        if (properties.contentLength !== 0) continue;
        const blob = container.getBlockBlobClient(name);
        const begun = left
          ? properties.lastModified
          : await blocksBegun(blob, signal).catch(undefinedWhenAbsent);
        if (begun === undefined || begun >= new Date(olderThan)) continue;
        await discardBlocks(blob, signal);
        removed.push(name.slice(this.#prefix.length));
      }
      return removed;
    });
  }

  async describeProtection(options: CallOptions = {}): Promise<Protection> {
    return this.#calls.run('ask about', '', options, async () => ({
      ...(await describeContainer(await this.#open(), this.#prefix, options.signal)),
      lockWanted: this.#config.objectLock !== undefined,
    }));
  }

  async #blob(key: string): Promise<BlockBlobClient> {
    return (await this.#open()).getBlockBlobClient(this.#prefix + key);
  }

  async #download(key: string, options: CallOptions): Promise<BlobDownloadResponseParsed> {
    return (await this.#blob(key)).download(0, undefined, { abortSignal: options.signal });
  }

  /** Small objects stay in the default tier: they are read at once, and often. */
  #artifact(): BlobSettings {
    const { accessTier } = this.#config;
    return {
      ...this.#settings(),
      ...(accessTier !== undefined && { tier: accessTier }),
      ...this.#lock(),
    };
  }

  #settings(): BlobSettings {
    const { tags, encryptionScope } = this.#config;
    return {
      ...(tags !== undefined && { tags }),
      ...(encryptionScope !== undefined && { encryptionScope }),
    };
  }

  #lock(): BlobSettings {
    const { objectLock } = this.#config;
    if (objectLock === undefined) return {};
    const policyMode = objectLock.mode === 'COMPLIANCE' ? 'Locked' : 'Unlocked';
    return { immutabilityPolicy: { policyMode, expiriesOn: new Date(Date.now() + objectLock.retain) } };
  }
}

async function hasBlocks(blob: BlockBlobClient, signal?: AbortSignal): Promise<boolean> {
  return (await blocksBegun(blob, signal).catch(() => undefined)) !== undefined;
}

function bodyOf({ readableStreamBody }: BlobDownloadResponseParsed): Readable {
  if (readableStreamBody instanceof Readable) return readableStreamBody;
  throw new Error('the answer has no body');
}

function nullWhenAbsent(error: unknown): null {
  if (isAzureAbsent(error)) return null;
  throw error;
}

function undefinedWhenAbsent(error: unknown): undefined {
  nullWhenAbsent(error);
}
