import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
  type StorageClass,
} from '@aws-sdk/client-s3';
import { addAbortSignal, Readable } from 'node:stream';
import type { S3StoreConfig } from '../config/schema.ts';
import { guardedStream } from './guardedStream.ts';
import { abortLeftovers, abortUploads, digestFor, multipartTarget, type UploadTarget } from './multipart.ts';
import { normalPrefix } from './locations.ts';
import { uploadInParts } from './partUpload.ts';
import type { CallOptions, ObjectHead, ObjectInfo, ObjectStore, Protection } from './port.ts';
import { createS3Client } from './s3Client.ts';
import { isAbsent, isAlreadyThere, toS3Error, wasTriedAgain } from './s3Error.ts';
import { describeBucket } from './s3Protection.ts';
import { readSmallText } from './smallText.ts';
import { folderPrefix, stillAhead, StoreCalls, toInfo } from './storeCalls.ts';
import { storeError } from './storeError.ts';

type PutOptions = CallOptions & { createOnly?: boolean; lock?: boolean };

/** A bucket of S3, or of a store that speaks its protocol and honours `If-None-Match: *`. */
export function createS3Store(name: string, config: S3StoreConfig): ObjectStore {
  return new S3Store(name, config, createS3Client(name, config));
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #config: S3StoreConfig;
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #calls: StoreCalls;
  #createOnlyProven = false;

  constructor(name: string, config: S3StoreConfig, client: S3Client) {
    this.name = name;
    this.#config = config;
    this.#client = client;
    this.#prefix = normalPrefix(config.prefix);
    this.#calls = new StoreCalls(name, (key) => this.locate(key), toS3Error);
  }

  locate(key: string): string {
    return `s3://${this.#config.bucket}/${this.#prefix}${key}`;
  }

  async putStream(key: string, body: Readable, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    try {
      await this.#run('write', key, options, async () => {
        if (signal !== undefined) addAbortSignal(signal, body);
        // Only tidying: it takes a permission that an upload itself does not need.
        await abortLeftovers(this.#client, this.#address(key), signal).catch(() => undefined);
        await uploadInParts(multipartTarget(this.#client, this.#artifact(key)), body, signal);
      });
    } finally {
      body.destroy();
    }
  }

  async putObject(key: string, body: string, options: PutOptions = {}): Promise<void> {
    await this.#run('write', key, options, () =>
      options.createOnly === true ? this.#create(key, body, options) : this.#put(key, body, options),
    );
  }

  async getObject(key: string, options: CallOptions = {}): Promise<string | null> {
    return this.#run('read', key, options, async () => {
      const answer = await this.#get(key, options).catch(nullWhenAbsent);
      return answer?.Body instanceof Readable ? await readSmallText(answer.Body) : null;
    });
  }

  async getStream(key: string, options: CallOptions = {}): Promise<Readable> {
    return this.#run('read', key, options, async () => {
      const { Body } = await this.#get(key, options);
      if (!(Body instanceof Readable)) throw new Error('the answer has no body');
      return guardedStream(Body, options.signal, (error) => this.#calls.toError('read', key, error));
    });
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    return this.#run('read', key, options, async () => {
      const command = new HeadObjectCommand(this.#address(key));
      const answer = await this.#client.send(command, { abortSignal: options.signal }).catch(nullWhenAbsent);
      if (answer === null) return null;
      return {
        ...toInfo(key, answer.ContentLength, answer.LastModified, answer.ETag),
        retainedUntil: stillAhead(answer.ObjectLockRetainUntilDate),
        held: answer.ObjectLockLegalHoldStatus === 'ON',
      };
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    const pages = this.#pages(prefix, {}, options);
    for (;;) {
      const page = await this.#run('list', prefix, options, () => pages.next());
      if (page.done === true) return;
      for (const { Key = '', Size, LastModified, ETag } of page.value.Contents ?? []) {
        yield toInfo(Key.slice(this.#prefix.length), Size, LastModified, ETag);
      }
    }
  }

  async listFolders(prefix: string, options: CallOptions = {}): Promise<string[]> {
    const folder = folderPrefix(prefix);
    const skipped = this.#prefix.length + folder.length;
    return this.#run('list', prefix, options, async () => {
      const names: string[] = [];
      for await (const page of this.#pages(folder, { Delimiter: '/' }, options)) {
        for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(skipped, -1));
      }
      return names;
    });
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#run('delete', key, options, async () => {
      this.#calls.refuseLocked(await this.head(key, options));
      await this.#delete(key, options);
      await abortLeftovers(this.#client, this.#address(key), options.signal).catch(() => undefined);
    });
  }

  async removeUnfinished(prefix: string, olderThan: string, options: CallOptions = {}): Promise<string[]> {
    return this.#run('give back unfinished uploads below', prefix, options, async () => {
      const where = { Bucket: this.#config.bucket, Prefix: this.#prefix + prefix };
      const keys = await abortUploads(
        this.#client,
        { ...where, olderThan: new Date(olderThan) },
        options.signal,
      );
      return keys.map((key) => key.slice(this.#prefix.length));
    });
  }

  async describeProtection(options: CallOptions = {}): Promise<Protection> {
    return this.#run('ask about', '', options, async () => ({
      ...(await describeBucket(this.#client, this.#config.bucket, options.signal)),
      lockWanted: this.#config.objectLock !== undefined,
    }));
  }

  async #delete(key: string, options: CallOptions): Promise<void> {
    const command = new DeleteObjectCommand(this.#address(key));
    await this.#client.send(command, { abortSignal: options.signal }).catch(nullWhenAbsent);
  }

  async #create(key: string, body: string, options: PutOptions): Promise<void> {
    if (!this.#createOnlyProven && (await this.head(key, options)) !== null)
      throw this.#calls.alreadyThere(key);
    try {
      await this.#put(key, body, { ...options, ifNoneMatch: true });
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      if (wasTriedAgain(error) && (await this.getObject(key, options)) === body) return;
      throw this.#calls.alreadyThere(key);
    }
    if (!this.#createOnlyProven) await this.#proveCreateOnly(key, body, options);
  }

  /** Some compatible stores ignore the condition and would overwrite. The same bytes once more must be refused. */
  async #proveCreateOnly(key: string, body: string, options: PutOptions): Promise<void> {
    try {
      await this.#put(key, body, { ...options, ifNoneMatch: true });
    } catch (error) {
      if (!isAlreadyThere(error)) throw error;
      this.#createOnlyProven = true;
      return;
    }
    await this.#delete(key, options);
    const reason =
      'the store ignores `If-None-Match: *`, so two runs could overwrite each other; use another store';
    throw storeError('StoreFailed', this.#calls.action('write', key), reason);
  }

  async #put(key: string, body: string, options: PutOptions & { ifNoneMatch?: boolean }): Promise<void> {
    const condition = options.ifNoneMatch === true && { IfNoneMatch: '*' };
    const target = { ...this.#target(key), ...(options.lock === true && this.#lock()) };
    const digest = await digestFor(this.#client, target, body);
    const command = new PutObjectCommand({ ...target, Body: body, ...digest, ...condition });
    await this.#client.send(command, { abortSignal: options.signal });
  }

  #get(key: string, options: CallOptions) {
    return this.#client.send(new GetObjectCommand(this.#address(key)), { abortSignal: options.signal });
  }

  #pages(prefix: string, input: { Delimiter?: string }, options: CallOptions) {
    const query = { Bucket: this.#config.bucket, Prefix: this.#prefix + prefix, ...input };
    return paginateListObjectsV2({ client: this.#client }, query, { abortSignal: options.signal });
  }

  #address(key: string) {
    return { Bucket: this.#config.bucket, Key: this.#prefix + key };
  }

  /** Small objects stay in the default class of the bucket: they are read at once, and some classes bill at least 128 KB. */
  #artifact(key: string): UploadTarget {
    const { storageClass } = this.#config;
    return {
      ...this.#target(key),
      ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
      ...this.#lock(),
    };
  }

  #target(key: string): UploadTarget {
    const { serverSideEncryption, kmsKeyId, tags } = this.#config;
    return {
      ...this.#address(key),
      ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
      ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
      ...(tags !== undefined && { Tagging: new URLSearchParams(tags).toString() }),
    };
  }

  #lock(): Pick<UploadTarget, 'ObjectLockMode' | 'ObjectLockRetainUntilDate'> {
    const { objectLock } = this.#config;
    if (objectLock === undefined) return {};
    const until = new Date(Date.now() + objectLock.retain);
    return { ObjectLockMode: objectLock.mode, ObjectLockRetainUntilDate: until };
  }

  #run<T>(verb: string, key: string, options: CallOptions, call: () => Promise<T>): Promise<T> {
    return this.#calls.run(verb, key, options, call);
  }
}

function nullWhenAbsent(error: unknown): null {
  if (isAbsent(error)) return null;
  throw error;
}
