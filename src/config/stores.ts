import { z } from 'zod';
import { SecretRefSchema, StoreUrl } from './endpoints.ts';

const S3StoreConfig = z.strictObject({
  type: z.literal('s3').describe('Which kind of store'),
  bucket: z.string().min(1).describe('Name of the bucket; it must exist'),
  prefix: z
    .string()
    .regex(/^([^/]+(\/[^/]+)*)?$/, 'names joined by single slashes, with none at the start and the end')
    .default('safepoint')
    .describe('Everything of Safepoint lies below it; "" for the whole bucket'),
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
});
export type S3StoreConfig = z.infer<typeof S3StoreConfig>;

const FolderStoreConfig = z.strictObject({
  type: z.literal('folder').describe('Which kind of store'),
  path: z.string().min(1).describe('A local or mounted folder; every worker must see the same one'),
});
export type FolderStoreConfig = z.infer<typeof FolderStoreConfig>;

export const StoreConfig = z.discriminatedUnion('type', [S3StoreConfig, FolderStoreConfig]);
export type StoreConfig = z.infer<typeof StoreConfig>;
