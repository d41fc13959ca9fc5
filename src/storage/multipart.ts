import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type MultipartUpload,
  type ObjectLockMode,
  type S3Client,
  type ServerSideEncryption,
  type StorageClass,
} from '@aws-sdk/client-s3';
import type { PartsTarget } from './partUpload.ts';

export type UploadTarget = {
  Bucket: string;
  Key: string;
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
  StorageClass?: StorageClass;
  Tagging?: string;
  ObjectLockMode?: ObjectLockMode;
  ObjectLockRetainUntilDate?: Date;
};

/** `Upload` of the SDK is not used, see docs/decisions/0010. */
export function multipartTarget(client: S3Client, target: UploadTarget): PartsTarget {
  const { Bucket, Key } = target;
  return {
    async putWhole(bytes, signal) {
      const digest = await digestFor(client, target, bytes);
      await client.send(new PutObjectCommand({ ...target, Body: bytes, ...digest }), { abortSignal: signal });
    },

    async begin(signal) {
      const checksums = await sendsChecksums(client);
      const command = new CreateMultipartUploadCommand({
        ...target,
        ...(checksums && { ChecksumAlgorithm: 'CRC32' }),
      });
      const { UploadId } = await client.send(command, { abortSignal: signal });
      const upload = { Bucket, Key, UploadId };
      const parts: CompletedPart[] = [];
      return {
        async sendPart(bytes, { number: PartNumber }, partSignal) {
          if (bytes.length === 0) return;
          const digest = await digestFor(client, target, bytes);
          const part = new UploadPartCommand({ ...upload, PartNumber, Body: bytes, ...digest });
          const { ETag, ChecksumCRC32 } = await client.send(part, { abortSignal: partSignal });
          parts.push({ PartNumber, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) });
        },
        async complete(sentBytes) {
          const Parts = parts.toSorted((left, right) => (left.PartNumber ?? 0) - (right.PartNumber ?? 0));
          const completion = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
          try {
            await client.send(completion, { abortSignal: signal });
          } catch (error) {
            // The answer may have been lost after the object was made; a second try then meets NoSuchUpload.
            const head = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => undefined);
            if (head?.ContentLength !== sentBytes) throw error;
          }
        },
        async abort(abortSignal) {
          await client.send(new AbortMultipartUploadCommand(upload), { abortSignal });
        },
      };
    },
  };
}

/** A lock is only taken together with a digest; the SDK sends one by itself only to AWS. */
export async function digestFor(
  client: S3Client,
  target: UploadTarget,
  bytes: Buffer | string,
): Promise<{ ContentMD5?: string }> {
  if (target.ObjectLockMode === undefined || (await sendsChecksums(client))) return {};
  return { ContentMD5: createHash('md5').update(bytes).digest('base64') };
}

/** Gives back what an earlier attempt left behind under this key, such as that of a worker that was killed. */
export async function abortLeftovers(
  client: S3Client,
  { Bucket, Key }: { Bucket: string; Key: string },
  signal?: AbortSignal,
): Promise<void> {
  const list = new ListMultipartUploadsCommand({ Bucket, Prefix: Key });
  const { Uploads = [] } = await client.send(list, { abortSignal: signal });
  for (const { UploadId } of Uploads.filter((upload) => upload.Key === Key)) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal: signal });
  }
}

/** Aborts uploads below the prefix that began before `olderThan`; returns their keys. */
export async function abortUploads(
  client: S3Client,
  { Bucket, Prefix, olderThan }: { Bucket: string; Prefix: string; olderThan: Date },
  signal?: AbortSignal,
): Promise<string[]> {
  const old: MultipartUpload[] = [];
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from !== undefined) {
    const list: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, Prefix, ...from });
    const page = await client.send(list, { abortSignal: signal });
    old.push(
      ...(page.Uploads ?? []).filter(({ Initiated }) => Initiated !== undefined && Initiated < olderThan),
    );
    from =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
  }
  for (const { Key, UploadId } of old) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal: signal });
  }
  return [...new Set(old.map(({ Key }) => Key ?? ''))];
}

async function sendsChecksums(client: S3Client): Promise<boolean> {
  return (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
}
