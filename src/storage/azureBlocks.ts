import { randomBytes } from 'node:crypto';
import type { BlockBlobClient, BlockBlobCommitBlockListOptions } from '@azure/storage-blob';
import { isAzureAbsent, isAzureAlreadyThere } from './azureError.ts';
import type { PartsTarget } from './partUpload.ts';

/** What is set on a blob when it is made. */
export type BlobSettings = Pick<
  BlockBlobCommitBlockListOptions,
  'tier' | 'tags' | 'immutabilityPolicy' | 'encryptionScope' | 'metadata'
>;

/** On the empty blob that exists for a moment while blocks are thrown away; who sees it takes it for nothing. */
export const DISCARDED = 'safepointdiscarded';

const BLOCK_ID = /^(\d{13})-[0-9a-f]{8}-\d{6}$/;

/** A blob in blocks that become one only when they are committed; `settings` are asked for at that moment. */
export function blocksTarget(blob: BlockBlobClient, settings: () => BlobSettings): PartsTarget {
  return {
    async putWhole(bytes, signal) {
      await blob.upload(bytes, bytes.length, { ...settings(), abortSignal: signal });
    },
    begin() {
      // An attempt never names the blocks of another one; all ids of a blob have one length.
      const attempt = `${Date.now()}-${randomBytes(4).toString('hex')}`;
      const ids = new Map<number, string>();
      const { encryptionScope } = settings();
      return Promise.resolve({
        async sendPart(bytes, { number }, signal) {
          if (bytes.length === 0) return;
          const id = Buffer.from(`${attempt}-${String(number).padStart(6, '0')}`).toString('base64');
          await blob.stageBlock(id, bytes, bytes.length, { encryptionScope, abortSignal: signal });
          ids.set(number, id);
        },
        async complete(sentBytes, signal) {
          const blocks = [...ids].toSorted(([left], [right]) => left - right).map(([, id]) => id);
          try {
            await blob.commitBlockList(blocks, { ...settings(), abortSignal: signal });
          } catch (error) {
            // The answer may have been lost after the blob was made; a second try then misses the blocks.
            const { contentLength } = await blob.getProperties().catch(() => ({ contentLength: undefined }));
            if (contentLength !== sentBytes) throw error;
          }
        },
        abort: (signal) => discardBlocks(blob, signal),
      });
    },
  };
}

/**
 * Throws away blocks that were never committed. Azure has no call for that: an empty blob is made of none of them and deleted
 * again. Where a blob is already, its blocks stay; Azure drops them after a week.
 */
export async function discardBlocks(blob: BlockBlobClient, signal?: AbortSignal): Promise<void> {
  try {
    await blob.commitBlockList([], {
      metadata: { [DISCARDED]: 'true' },
      conditions: { ifNoneMatch: '*' },
      abortSignal: signal,
    });
  } catch (error) {
    if (!isAzureAlreadyThere(error)) throw error;
  }
  await deleteDiscarded(blob, signal);
}

/** When the last of these blocks was begun, as their ids say; `undefined` for blocks of somebody else. */
export async function blocksBegun(blob: BlockBlobClient, signal?: AbortSignal): Promise<Date | undefined> {
  const { uncommittedBlocks = [] } = await blob.getBlockList('uncommitted', { abortSignal: signal });
  const begun = uncommittedBlocks.map(
    ({ name }) => BLOCK_ID.exec(Buffer.from(name, 'base64').toString())?.[1],
  );
  if (begun.length === 0 || begun.includes(undefined)) return undefined;
  return new Date(Math.max(...begun.map(Number)));
}

async function deleteDiscarded(blob: BlockBlobClient, signal?: AbortSignal): Promise<void> {
  try {
    const { metadata, etag } = await blob.getProperties({ abortSignal: signal });
    if (metadata?.[DISCARDED] === undefined) return;
    await blob.delete({ conditions: { ifMatch: etag }, abortSignal: signal });
  } catch (error) {
    if (!isAzureAbsent(error) && !isAzureAlreadyThere(error)) throw error;
  }
}
