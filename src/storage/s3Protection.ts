import {
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Protection } from './port.ts';
import { describeReason } from './sdkError.ts';

const notConfigured = new Set([
  'ObjectLockConfigurationNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
]);

/** Asks the bucket; each answer may need a permission that an upload does not, and compatible stores know not all. */
export async function describeBucket(
  client: S3Client,
  Bucket: string,
  signal?: AbortSignal,
): Promise<Omit<Protection, 'lockWanted'>> {
  const options = { abortSignal: signal };
  const untold: string[] = [];
  const ask = async <T>(what: string, send: () => Promise<T>, absent: T): Promise<T | null> => {
    try {
      return await send();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Error && notConfigured.has(error.name)) return absent;
      const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      untold.push(`${what} (${describeReason([name, $metadata?.httpStatusCode])})`);
      return null;
    }
  };
  const [versioning, lock, encryption] = await Promise.all([
    ask(
      'versioning',
      async () =>
        (await client.send(new GetBucketVersioningCommand({ Bucket }), options)).Status === 'Enabled',
      false,
    ),
    ask(
      'object lock',
      async () => {
        const answer = await client.send(new GetObjectLockConfigurationCommand({ Bucket }), options);
        const { ObjectLockEnabled, Rule } = answer.ObjectLockConfiguration ?? {};
        return { enabled: ObjectLockEnabled === 'Enabled', rule: Rule?.DefaultRetention };
      },
      { enabled: false, rule: undefined },
    ),
    ask(
      'encryption',
      async () => {
        const answer = await client.send(new GetBucketEncryptionCommand({ Bucket }), options);
        const rule = answer.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
        return [rule?.SSEAlgorithm ?? 'none', rule?.KMSMasterKeyID].filter(Boolean).join(' ');
      },
      'none',
    ),
  ]);
  return {
    versioning,
    objectLock: lock?.enabled ?? null,
    defaultRetention: lock === null ? null : describeRule(lock.rule),
    encryption,
    untold,
  };
}

function describeRule(rule: { Mode?: string; Days?: number; Years?: number } | undefined): string {
  if (rule === undefined) return 'none';
  const span = rule.Days === undefined ? `${rule.Years ?? 0} years` : `${rule.Days} days`;
  return `${rule.Mode ?? ''} ${span}`;
}
