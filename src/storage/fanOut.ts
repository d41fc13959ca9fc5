import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SafepointError } from '../contract/errors.ts';
import { messageOf } from '../system/redact.ts';
import { createBlocks } from './blocks.ts';
import { freeAtOnce } from './freeAtOnce.ts';
import { noStoreTookIt } from './noStoreTookIt.ts';
import { inParts } from './partSize.ts';
import type { ObjectStore } from './port.ts';

/** Where an object is, and where not: the names of the stores in their order, and one sentence each. */
export type Placement = { stored: string[]; notStored: { store: string; why: string }[] };

export type FanOutOptions = {
  signal?: AbortSignal;
  /** A store that holds the others back for longer is left out. Default 10 minutes, after which the adapters gave up. */
  stallMs?: number;
};

const defaultStallMs = 10 * 60_000;
const blockBytes = 8 * 1024 ** 2; // as large as the parts of an upload, which then are no copies
/** For a store that was left out to give back what it had, which takes an upload up to 7 s; it may not answer. */
const tidyMs = 8_000;

/**
 * Writes a stream to all the stores at once, read once. Its chunks are taken over, and freed once they were copied into a block.
 * Every block goes to all stores and is used again when the slowest has it, so the memory is that of one store, but for those
 * that need larger parts: after 8 GiB, and at Google Cloud Storage. A store that fails, or holds the others back for too long,
 * is left out and the others go on. Fails with what the source fails with, with the reason of the signal, and when no store has
 * taken it.
 */
export async function putEverywhere(
  stores: readonly ObjectStore[],
  key: string,
  body: Readable,
  { signal, stallMs = defaultStallMs }: FanOutOptions = {},
): Promise<Placement> {
  const blocks = createBlocks(blockBytes);
  const memory = { allocate: blocks.take, release: freeAtOnce };
  const branches = stores.map((store) => openBranch(store, key, signal));
  const alive = () => branches.filter(({ failure }) => failure === undefined);
  // Seen at once, however slow the source is.
  for (const branch of branches)
    void branch.ended.then(() => {
      if (alive().length === 0) body.destroy(new AllFailed());
    });
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined); // nobody may be waiting at that moment
  const stop = () => {
    body.destroy(signal?.reason as Error);
    stopped.reject(signal?.reason);
  };
  const wait = (ready: (branch: Branch) => Promise<unknown>) =>
    Promise.race([waitForAll(alive(), ready, stallMs), stopped.promise]);
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const { bytes } of inParts(body, () => blockBytes, memory)) {
      if (bytes.length === 0) continue;
      await wait((branch) => branch.wanted());
      const takers = alive();
      blocks.lend(bytes, takers.length);
      for (const branch of takers) branch.push(bytes);
    }
    for (const branch of alive()) branch.push(null);
    await wait((branch) => branch.ended);
  } catch (error) {
    const writing = alive();
    for (const branch of writing) branch.fail(error);
    await waitForEnds(writing, stallMs);
    signal?.throwIfAborted();
    if (!(error instanceof AllFailed)) throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    body.destroy();
  }
  const left = branches.filter(({ failure }) => failure !== undefined);
  await waitForEnds(left, stallMs);
  const failures = left.map(({ failure }) => failure);
  if (left.length === branches.length) throw noStoreTookIt(key, failures);
  return {
    stored: alive().map(({ store }) => store.name),
    notStored: left.map(({ store, failure }) => ({ store: store.name, why: messageOf(failure) })),
  };
}

/** Every store has failed already, and each has said why. */
class AllFailed extends Error {}

type Branch = {
  store: ObjectStore;
  failure: unknown;
  /** The store asks for more, or has failed. */
  wanted: () => Promise<unknown>;
  push: (bytes: Buffer | null) => void;
  fail: (reason: unknown) => void;
  /** The store has the whole object, or has failed and given back what it had. */
  ended: Promise<void>;
};

function openBranch(store: ObjectStore, key: string, signal: AbortSignal | undefined): Branch {
  const giveUp = new AbortController();
  let demand = Promise.withResolvers<true>();
  const stream = new Readable({
    highWaterMark: 1, // one block at a time
    read: () => {
      demand.resolve(true);
    },
  });
  stream.on('error', () => undefined); // the store says it
  const signals = signal === undefined ? giveUp.signal : AbortSignal.any([signal, giveUp.signal]);
  const branch: Branch = {
    store,
    failure: undefined,
    wanted: () => demand.promise,
    push(bytes) {
      demand = Promise.withResolvers();
      stream.push(bytes);
    },
    fail(reason) {
      branch.failure ??= reason;
      demand.resolve(true);
      giveUp.abort(reason);
      stream.destroy(reason as Error);
    },
    ended: store.putStream(key, stream, { signal: signals }).catch((error: unknown) => {
      branch.failure ??= error;
      demand.resolve(true);
    }),
  };
  return branch;
}

/** For those that failed to give back what they had; one that hears of nothing is not waited for. */
async function waitForEnds(branches: Branch[], stallMs: number): Promise<void> {
  await Promise.race([
    Promise.all(branches.map(({ ended }) => ended)),
    sleep(Math.min(tidyMs, stallMs), undefined, { ref: false }),
  ]);
}

/**
 * Waits until all are ready. From the moment when the first one is, the others have `stallMs`; those that are not ready then
 * are left out. Where none is ready nobody holds another back.
 */
async function waitForAll(
  branches: Branch[],
  ready: (branch: Branch) => Promise<unknown>,
  stallMs: number,
): Promise<void> {
  const late = new Set(branches);
  const first = Promise.withResolvers<true>();
  const all = Promise.all(
    branches.map(async (branch) => {
      await ready(branch);
      late.delete(branch);
      if (branch.failure === undefined) first.resolve(true);
    }),
  );
  await Promise.race([all, first.promise]);
  if (late.size === 0) return;
  const waiting = new AbortController();
  const limit = sleep(stallMs, true, { signal: waiting.signal }).catch(() => false);
  await Promise.race([all, limit]);
  waiting.abort();
  for (const branch of late) branch.fail(stalled(branch.store, stallMs));
}

function stalled({ name }: ObjectStore, stallMs: number): SafepointError {
  const seconds = Math.round(stallMs / 1000);
  return new SafepointError(
    'StoreFailed',
    `store ${name}: held the others back for ${seconds} s without taking a byte`,
  );
}
