import { z } from 'zod';
import { statedDuration } from './duration.ts';
import { SecretRefSchema, StoreUrl } from './endpoints.ts';

const CENTURY_MS = 100 * 366 * 24 * 3_600_000;

/** The words of S3; what the other clouds call it stands in docs/storage.md. */
const ObjectLock = z
  .strictObject({
    mode: z
      .enum(['GOVERNANCE', 'COMPLIANCE'])
      .describe(
        'GOVERNANCE: who has a special permission may still delete; COMPLIANCE: nobody can, not even the owner of the account',
      ),
    retain: statedDuration({ leastMs: 60_000, least: '1 m', longestMs: CENTURY_MS }).describe(
      'From the upload on, such as "30 d"; the bucket must be made for it',
    ),
  })
  .describe(
    'Artifacts and manifests can be neither deleted nor overwritten until a date; small working files can',
  );

const tagText = z.string().regex(/^[\p{L}\p{N} +\-=._:/@]*$/u, 'letters, digits, spaces and + - = . _ : / @');

function tags(most: number) {
  return z
    .record(tagText.min(1).max(128), tagText.max(256))
    .refine((all) => Object.keys(all).length <= most, `at most ${most} tags`)
    .optional()
    .describe(`At most ${most}, on every object, for lifecycle rules and bills`);
}

const prefix = z
  .string()
  .regex(/^([^/]+(\/[^/]+)*)?$/, 'names joined by single slashes, with none at the start and the end')
  .default('safepoint')
  .describe('Everything of Safepoint lies below it; "" for the whole bucket');

const transport = {
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of an authority that is trusted beside those of the system'),
  proxy: StoreUrl.optional().describe(
    'HTTP proxy, without credentials; default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment',
  ),
};

const S3StoreConfig = z.strictObject({
  type: z.literal('s3').describe('Which kind of store'),
  bucket: z.string().min(1).describe('Name of the bucket; it must exist'),
  prefix,
  region: z
    .string()
    .min(1)
    .default('us-east-1')
    .describe('Region of the bucket; compatible stores mostly ignore it'),
  endpoint: StoreUrl.optional().describe('For S3-compatible stores; default: AWS'),
  forcePathStyle: z.boolean().default(false).describe('Needed by most S3-compatible stores'),
  accessKeyId: SecretRefSchema.optional().describe('Default: the credential chain of the AWS SDK'),
  secretAccessKey: SecretRefSchema.optional().describe('Only together with accessKeyId'),
  serverSideEncryption: z.enum(['AES256', 'aws:kms']).optional().describe('Default: what the bucket says'),
  kmsKeyId: z.string().min(1).optional().describe('Only with serverSideEncryption: aws:kms'),
  storageClass: z
    .string()
    .regex(/^[A-Z][A-Z0-9_-]*$/, 'a name such as STANDARD_IA or GLACIER_IR')
    .refine(
      (name) => name !== 'GLACIER' && name !== 'DEEP_ARCHIVE',
      'a class that can be read at once, such as GLACIER_IR: every dump is read back',
    )
    .optional()
    .describe('Of the dumps, such as STANDARD_IA; default: what the bucket says'),
  tags: tags(10),
  objectLock: ObjectLock.optional(),
  ...transport,
});
export type S3StoreConfig = z.infer<typeof S3StoreConfig>;

const AzureStoreConfig = z.strictObject({
  type: z.literal('azure').describe('Which kind of store'),
  account: z.string().min(1).describe('Name of the storage account'),
  container: z.string().min(1).describe('Name of the container; it must exist'),
  prefix,
  endpoint: StoreUrl.optional().describe(
    'Address of the blob service; default: https://ACCOUNT.blob.core.windows.net',
  ),
  accountKey: SecretRefSchema.optional().describe(
    'Default, without any of the three: `DefaultAzureCredential` (workload identity, managed identity, environment)',
  ),
  sasToken: SecretRefSchema.optional().describe('Shared access signature, instead of accountKey'),
  connectionString: SecretRefSchema.optional().describe(
    'With key or signature, instead of accountKey; only these are read from it',
  ),
  accessTier: z
    .enum(['Hot', 'Cool', 'Cold'])
    .optional()
    .describe('Of the dumps; Archive cannot be read back at once. Default: what the account says'),
  encryptionScope: z
    .string()
    .min(1)
    .optional()
    .describe('Scope with its own key; default: what the container says'),
  tags: tags(10),
  objectLock: ObjectLock.optional(),
  ...transport,
});
export type AzureStoreConfig = z.infer<typeof AzureStoreConfig>;

const GcsStoreConfig = z.strictObject({
  type: z.literal('gcs').describe('Which kind of store'),
  bucket: z.string().min(1).describe('Name of the bucket; it must exist'),
  prefix,
  endpoint: StoreUrl.optional().describe('Default: https://storage.googleapis.com'),
  keyFile: SecretRefSchema.optional().describe(
    'JSON of a service account or of a workload identity federation; default: application default credentials',
  ),
  storageClass: z
    .enum(['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'])
    .optional()
    .describe('Of the dumps; default: what the bucket says'),
  kmsKey: z
    .string()
    .regex(
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
      'projects/P/locations/L/keyRings/R/cryptoKeys/K',
    )
    .optional()
    .describe('Key of Cloud KMS; default: what the bucket says'),
  objectLock: ObjectLock.optional(),
  ...transport,
});
export type GcsStoreConfig = z.infer<typeof GcsStoreConfig>;

const FolderStoreConfig = z.strictObject({
  type: z.literal('folder').describe('Which kind of store'),
  path: z.string().min(1).describe('A local or mounted folder; every worker must see the same one'),
});
export type FolderStoreConfig = z.infer<typeof FolderStoreConfig>;

export const StoreConfig = z.discriminatedUnion('type', [
  S3StoreConfig,
  AzureStoreConfig,
  GcsStoreConfig,
  FolderStoreConfig,
]);
export type StoreConfig = z.infer<typeof StoreConfig>;
