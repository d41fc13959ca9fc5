import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { giveBack } from './blocks.ts';
import { inParts, nextPartBytes } from './partSize.ts';

/** Where one part lies in the object. */
export type Part = { number: number; last: boolean };

/** One upload in parts, as a store offers it. Nothing appears under the key before `complete`. */
export interface PartsUpload {
  /** Once it has ended well nothing reads the bytes any more; those of the last part may be kept until `complete`. */
  sendPart(bytes: Buffer, part: Part, signal: AbortSignal): Promise<void>;
  /** After all parts. `sentBytes`: how many the object must have. */
  complete(sentBytes: number, signal?: AbortSignal): Promise<void>;
  /** Gives the parts back; after the last of them has arrived or failed. Its own failure is nobody's concern. */
  abort(signal: AbortSignal): Promise<void>;
}

/** What can be uploaded in parts. */
export interface PartsTarget {
  /** For what fits into the first part. */
  putWhole(bytes: Buffer, signal?: AbortSignal): Promise<void>;
  begin(signal?: AbortSignal): Promise<PartsUpload>;
  /** Parts on the wire at once; default: as many as fit. */
  maxParallel?: number;
  partBytes?: (sentBytes: number) => number;
}

/** Bytes on the wire at once; a larger part goes alone. One more part is being filled meanwhile. */
const maxInFlightBytes = 24 * 1024 ** 2;
/** A cancel must not wait long for a store that does not answer. */
const tidyingMs = 5_000;
/** For parts on the wire to end by themselves when it was not they that failed. */
const graceMs = 2_000;

/**
 * Uploads a stream of unknown length. The object appears only after the stream has ended without an error; until then
 * nothing is completed, and on any failure the parts are given back.
 */
export async function uploadInParts(
  target: PartsTarget,
  body: Readable,
  signal?: AbortSignal,
): Promise<void> {
  let sender: Sender | undefined;
  let sentBytes = 0;
  let number = 0;
  try {
    const parts = inParts(body, target.partBytes ?? nextPartBytes, { release: giveBack });
    for await (const { bytes, last } of parts) {
      if (sender === undefined && last) {
        await target.putWhole(bytes, signal);
        return;
      }
      sender ??= createSender(await target.begin(signal), body, target.maxParallel ?? Infinity, signal);
      number += 1;
      if (bytes.length > 0 || last) await sender.send(bytes, { number, last });
      sentBytes += bytes.length;
    }
    await sender?.complete(sentBytes);
  } catch (error) {
    await sender?.abort();
    throw error;
  }
}

type Sender = {
  /** Waits until there is room for the part, then returns once it is on its way. */
  send(bytes: Buffer, part: Part): Promise<void>;
  complete(sentBytes: number): Promise<void>;
  abort(): Promise<void>;
};

function createSender(
  upload: PartsUpload,
  body: Readable,
  maxParallel: number,
  signal: AbortSignal | undefined,
): Sender {
  const stopping = new AbortController();
  const partSignal = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
  const inFlight = new Set<Promise<void>>();
  let inFlightBytes = 0;
  let partFailed = false;
  const sendAndGiveBack = async (bytes: Buffer, part: Part) => {
    await upload.sendPart(bytes, part, partSignal);
    if (!part.last) giveBack(bytes);
  };
  return {
    async send(bytes, part) {
      while (
        inFlight.size >= maxParallel ||
        (inFlight.size > 0 && inFlightBytes + bytes.length > maxInFlightBytes)
      ) {
        await Promise.race(inFlight);
      }
      const sending = sendAndGiveBack(bytes, part).finally(() => {
        inFlight.delete(sending);
        inFlightBytes -= bytes.length;
      });
      sending.catch((error: unknown) => {
        partFailed = true;
        body.destroy(error as Error); // seen at once, however slow the source is
      });
      inFlight.add(sending);
      inFlightBytes += bytes.length;
      while (inFlight.size > 0 && inFlightBytes > maxInFlightBytes - bytes.length)
        await Promise.race(inFlight);
    },
    async complete(sentBytes) {
      await Promise.all(inFlight);
      await upload.complete(sentBytes, signal);
    },
    async abort() {
      // One that is called off may reach the store all the same, after the parts were given back, and stay.
      if (!partFailed && signal?.aborted !== true)
        await Promise.race([Promise.allSettled(inFlight), sleep(graceMs, undefined, { ref: false })]);
      stopping.abort();
      await Promise.allSettled(inFlight); // a part that arrives after the abort would stay
      // The first error tells more; what cannot be given back now goes with the next attempt, or by the rule of the bucket.
      await upload.abort(AbortSignal.timeout(tidyingMs)).catch(() => undefined);
    },
  };
}
