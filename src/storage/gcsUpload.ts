import { randomUUID } from 'node:crypto';
import type { storage_v1 } from '@googleapis/storage';
import { pause } from '../system/waiting.ts';
import type { GcsClient } from './gcsClient.ts';
import type { PartsTarget } from './partUpload.ts';

export type GcsTarget = {
  root: string;
  bucket: string;
  name: string;
  kmsKey?: string;
  settings: storage_v1.Schema$Object;
};

/** Parts go one after the other, as many as it takes; a whole multiple of 256 KiB. */
const partBytes = 16 * 1024 ** 2;
const resumeIncomplete = 308;
const accepted = (status: number) => (status >= 200 && status < 300) || status === resumeIncomplete;
const cancelled = (status: number) => accepted(status) || status === 499 || status === 404 || status === 410;

/** One request for object and metadata, as bytes, so that it can be tried again. */
export async function insertObject(
  client: GcsClient,
  target: GcsTarget,
  body: Buffer | string,
  { createOnly = false, signal }: { createOnly?: boolean; signal?: AbortSignal },
): Promise<void> {
  const boundary = randomUUID();
  const part = (type: string) => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n`;
  const data = Buffer.concat([
    Buffer.from(`${part('application/json')}${JSON.stringify(target.settings)}\r\n`),
    Buffer.from(part('application/octet-stream')),
    Buffer.from(body as string),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  await client.request({
    method: 'POST',
    url: uploadUrl(target, 'multipart', createOnly),
    headers: { 'Content-Type': `multipart/related; boundary=${boundary}` },
    data,
    signal,
  });
}

/** The resumable protocol: the object exists when its last part is there. https://cloud.google.com/storage/docs/resumable-uploads */
export function resumableTarget(client: GcsClient, target: GcsTarget): PartsTarget {
  return {
    maxParallel: 1,
    partBytes: () => partBytes,
    async putWhole(bytes, signal) {
      await insertObject(client, target, bytes, { signal });
    },
    async begin(signal) {
      const url = await openSession(client, target, signal);
      let sentBytes = 0;
      let tail: Buffer = Buffer.alloc(0);
      return {
        async sendPart(bytes, { last }, partSignal) {
          if (last) tail = bytes;
          else {
            await sendRange(client, { url, bytes, from: sentBytes, total: '*', signal: partSignal });
            sentBytes += bytes.length;
          }
        },
        async complete(totalBytes, completeSignal) {
          const range = { url, bytes: tail, from: sentBytes, signal: completeSignal };
          await sendRange(client, { ...range, total: String(totalBytes) });
        },
        async abort(abortSignal) {
          await client.request({
            method: 'DELETE',
            url,
            accepts: cancelled,
            retry: false,
            signal: abortSignal,
          });
        },
      };
    },
  };
}

async function openSession(client: GcsClient, target: GcsTarget, signal?: AbortSignal): Promise<string> {
  const answer = await client.request({
    method: 'POST',
    url: uploadUrl(target, 'resumable', false),
    headers: { 'Content-Type': 'application/json', 'X-Upload-Content-Type': 'application/octet-stream' },
    data: JSON.stringify(target.settings),
    signal,
  });
  const url = answer.headers.get('location');
  if (url === null) throw new Error('the answer to a new upload names no session');
  return url;
}

type Range = { url: string; bytes: Buffer; from: number; total: string; signal?: AbortSignal };

const attempts = 4;
const firstDelayMs = 300;

/** Sends what the session does not have yet; after a failure the session is asked how far it came. */
async function sendRange(client: GcsClient, { url, bytes, from, total, signal }: Range): Promise<void> {
  const end = from + bytes.length;
  let at = from;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await put(client, url, bytes.subarray(at - from), rangeText(at, end, total), signal);
      if (answer.status !== resumeIncomplete) return; // the object is there
      const has = persisted(answer.headers);
      if (has === end && total === '*') return;
      if (has <= at && attempt >= attempts) throw new Error(`the session stays at ${has} of ${end} bytes`);
      at = has;
    } catch (error) {
      if (attempt >= attempts || signal?.aborted === true || isFinal(error)) throw error;
      await pause(firstDelayMs * 2 ** (attempt - 1), signal);
      const state = await put(client, url, Buffer.alloc(0), `bytes */${total}`, signal).catch(
        () => undefined,
      );
      if (state !== undefined && state.status !== resumeIncomplete) return;
      at = state === undefined ? at : persisted(state.headers);
    }
    // The session may lose what it had not kept yet, never what it had.
    if (at < from || at > end) throw new Error(`the session is at ${at} bytes, outside of ${from} to ${end}`);
  }
}

function put(client: GcsClient, url: string, data: Buffer, range: string, signal?: AbortSignal) {
  const headers = { 'Content-Range': range, 'Content-Length': String(data.length) };
  // No retry by the client: what the session has got meanwhile must not be sent once more.
  return client.request({ method: 'PUT', url, headers, data, signal, retry: false, accepts: accepted });
}

function rangeText(at: number, end: number, total: string): string {
  return at === end ? `bytes */${total}` : `bytes ${at}-${end - 1}/${total}`;
}

/** `Range: bytes=0-524287`; without it the session has nothing. */
function persisted(headers: Headers): number {
  const last = /-(\d+)$/.exec(headers.get('range') ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** 4xx other than those worth a retry: the session is gone, or we may not. */
function isFinal(error: unknown): boolean {
  const status = (error as { response?: { status?: number } }).response?.status;
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function uploadUrl(
  { root, bucket, name, kmsKey }: GcsTarget,
  uploadType: string,
  createOnly: boolean,
): string {
  const query = new URLSearchParams({
    uploadType,
    name,
    ...(kmsKey !== undefined && { kmsKeyName: kmsKey }),
    ...(createOnly && { ifGenerationMatch: '0' }),
  });
  return `${root}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?${query.toString()}`;
}
