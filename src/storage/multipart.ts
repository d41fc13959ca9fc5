import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { inParts } from './partSize.ts';

export type UploadTarget = {
  Bucket: string;
  Key: string;
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
};

/** Bytes on the wire at once; a larger part goes alone. One more part is being filled meanwhile. */
const maxInFlightBytes = 24 * 1024 ** 2;

/**
 * Uploads a stream of unknown length. The object appears only after the stream has ended without an error; until then
 * nothing is completed, and on any failure the parts are given back.
 * `Upload` of the SDK is not used: all its parts have one size, and after an abort it returns while parts are still on their way,
 * which then stay in the bucket.
 */
export async function uploadStream(
  client: S3Client,
  target: UploadTarget,
  body: Readable,
  signal?: AbortSignal,
): Promise<void> {
  let upload: Multipart | undefined;
  let sentBytes = 0;
  try {
    for await (const { bytes, last } of inParts(body)) {
      if (upload === undefined && last) {
        await client.send(new PutObjectCommand({ ...target, Body: bytes }), { abortSignal: signal });
        return;
      }
      upload ??= await beginMultipart(client, target, body, signal);
      if (bytes.length > 0) await upload.send(bytes);
      sentBytes += bytes.length;
    }
    await upload?.complete(sentBytes);
  } catch (error) {
    await upload?.abort();
    throw error;
  }
}

/** Gives back what an earlier attempt left behind under this key, such as that of a worker that was killed. */
export async function abortLeftovers(
  client: S3Client,
  target: UploadTarget,
  signal?: AbortSignal,
): Promise<void> {
  const { Bucket, Key } = target;
  const list = new ListMultipartUploadsCommand({ Bucket, Prefix: Key });
  const { Uploads = [] } = await client.send(list, { abortSignal: signal });
  for (const { UploadId } of Uploads.filter((upload) => upload.Key === Key)) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal: signal });
  }
}

type Multipart = {
  /** Waits until there is room for the part, then returns once it is on its way. */
  send(bytes: Buffer): Promise<void>;
  complete(sentBytes: number): Promise<void>;
  abort(): Promise<void>;
};

async function beginMultipart(
  client: S3Client,
  target: UploadTarget,
  body: Readable,
  signal: AbortSignal | undefined,
): Promise<Multipart> {
  const checksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
  const created = await client.send(
    new CreateMultipartUploadCommand({ ...target, ...(checksums && { ChecksumAlgorithm: 'CRC32' }) }),
    { abortSignal: signal },
  );
  const { Bucket, Key } = target;
  const upload = { Bucket, Key, UploadId: created.UploadId };
  const stopping = new AbortController();
  const partSignal = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
  const parts: CompletedPart[] = [];
  const inFlight = new Set<Promise<void>>();
  let inFlightBytes = 0;
  let partNumber = 0;

  async function sendPart(bytes: Buffer, PartNumber: number): Promise<void> {
    const command = new UploadPartCommand({ ...upload, PartNumber, Body: bytes });
    const { ETag, ChecksumCRC32 } = await client.send(command, { abortSignal: partSignal });
    parts.push({ PartNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) });
  }

  return {
    async send(bytes) {
      while (inFlight.size > 0 && inFlightBytes + bytes.length > maxInFlightBytes) {
        await Promise.race(inFlight);
      }
      partNumber += 1;
      const sending = sendPart(bytes, partNumber).finally(() => {
        inFlight.delete(sending);
        inFlightBytes -= bytes.length;
      });
      sending.catch((error: unknown) => body.destroy(error as Error)); // seen at once, however slow the source is
      inFlight.add(sending);
      inFlightBytes += bytes.length;
      while (inFlight.size > 0 && inFlightBytes > maxInFlightBytes - bytes.length)
        await Promise.race(inFlight);
    },

    async complete(sentBytes) {
      await Promise.all(inFlight);
      const Parts = parts.toSorted((left, right) => (left.PartNumber ?? 0) - (right.PartNumber ?? 0));
      const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      try {
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        // The answer may have been lost after the object was made; a second try then meets NoSuchUpload.
        const head = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => undefined);
        if (head?.ContentLength !== sentBytes) throw error;
      }
    },

    async abort() {
      stopping.abort();
      await Promise.allSettled(inFlight); // a part that arrives after the abort would stay
      // The first error tells more; what cannot be given back now goes with the next attempt, or by the rule of the bucket.
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    },
  };
}
