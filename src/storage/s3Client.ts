import { S3Client } from '@aws-sdk/client-s3';
import type { S3StoreConfig } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import { createAgents, idleTimeoutMs } from './httpAgents.ts';
import { readReference, readSecret, type SecretRef } from '../system/secrets.ts';

const connectionTimeoutMs = 10_000;

const maxAttempts = 4;
/** The SDK asks again five minutes before credentials expire, so a rotated secret is used after five minutes at most. */
const credentialsLifetimeMs = 10 * 60_000;

/** Fails with `InvalidConfig` when only one half of the key pair is given. */
export function createS3Client(store: string, config: S3StoreConfig): S3Client {
  const { accessKeyId, secretAccessKey } = config;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new SafepointError(
      'InvalidConfig',
      `stores.${store}: give both accessKeyId and secretAccessKey, or neither for the credential chain of the AWS SDK`,
    );
  }
  return new S3Client({
    region: config.region,
    forcePathStyle: config.forcePathStyle,
    maxAttempts,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      socketTimeout: idleTimeoutMs,
      ...createAgents(store, config),
    },
    ...(config.endpoint !== undefined && {
      endpoint: config.endpoint,
      // Compatible stores refuse the checksums that the SDK sends since January 2025.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: secretsByReference(accessKeyId, secretAccessKey) }),
  });
}

function secretsByReference(accessKeyId: SecretRef, secretAccessKey: SecretRef) {
  return () =>
    Promise.resolve({
      accessKeyId: readReference(accessKeyId),
      secretAccessKey: readSecret(secretAccessKey),
      expiration: new Date(Date.now() + credentialsLifetimeMs),
    });
}
