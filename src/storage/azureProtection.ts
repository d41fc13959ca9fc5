import type { ContainerClient } from '@azure/storage-blob';
import type { Protection } from './port.ts';
import { describeReason } from './sdkError.ts';

/** What the container tells. Versioning is a setting of the account that only its management shows; blobs give it away. */
export async function describeContainer(
  container: ContainerClient,
  prefix: string,
  signal?: AbortSignal,
): Promise<Omit<Protection, 'lockWanted'>> {
  const untold: string[] = [];
  const found = await container.getProperties({ abortSignal: signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    const { code, statusCode } = error as { code?: string; statusCode?: number };
    untold.push(`object lock and encryption (${describeReason([code, statusCode])})`);
    return null;
  });
  const objectLock = found === null ? null : (found.isImmutableStorageWithVersioningEnabled ?? false);
  const versioning = objectLock === true ? true : await seesVersions(container, prefix, signal);
  if (versioning === null) untold.push('versioning (no blob is there that would show it)');
  return {
    versioning,
    objectLock,
    defaultRetention:
      found === null ? null : found.hasImmutabilityPolicy === true ? 'policy of the container' : 'none',
    encryption: found === null ? null : (found.defaultEncryptionScope ?? null),
    untold,
  };
}

async function seesVersions(
  container: ContainerClient,
  prefix: string,
  signal?: AbortSignal,
): Promise<boolean | null> {
  const query = { prefix, includeVersions: true, abortSignal: signal };
  const pages = container.listBlobsFlat(query).byPage({ maxPageSize: 1 });
  try {
    for await (const { segment } of pages) {
      const [blob] = segment.blobItems;
      return blob === undefined ? null : blob.versionId !== undefined;
    }
  } catch {
    signal?.throwIfAborted();
  }
  return null;
}
