import { z } from 'zod';
import { PROCEDURE_NAMES } from '../contract/backup.ts';
import { duration } from './duration.ts';
import { AppEndpoint, Endpoint, SecretRefSchema } from './endpoints.ts';

const S3StoreConfig = z.strictObject({
  type: z.literal('s3'),
  bucket: z.string().min(1),
  prefix: z.string().default('safepoint').describe('Everything of Safepoint lies below it'),
  region: z.string().default('us-east-1'),
  endpoint: z.url({ protocol: /^https?$/ }).optional().describe('For S3-compatible stores; default: AWS'),
  forcePathStyle: z.boolean().default(false).describe('Needed by most S3-compatible stores'),
  accessKeyId: SecretRefSchema.optional().describe('Default: the credential chain of the AWS SDK'),
  secretAccessKey: SecretRefSchema.optional(),
  serverSideEncryption: z.enum(['AES256', 'aws:kms']).optional().describe('Default: what the bucket says'),
  kmsKeyId: z.string().optional().describe('Only with aws:kms'),
});
export type S3StoreConfig = z.infer<typeof S3StoreConfig>;

const FolderStoreConfig = z.strictObject({
  type: z.literal('folder'),
  path: z.string().min(1).describe('A local or mounted folder; every worker must see the same one'),
});
export type FolderStoreConfig = z.infer<typeof FolderStoreConfig>;

export const StoreConfig = z.discriminatedUnion('type', [S3StoreConfig, FolderStoreConfig]);
export type StoreConfig = z.infer<typeof StoreConfig>;

export const DatabaseConfig = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(5432),
  user: z.string().min(1),
  password: SecretRefSchema,
  binDir: z.string().optional().describe('Folder of pg_dumpall and psql; default: PATH'),
  sslMode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('prefer'),
  sslRootCert: z.string().optional().describe('PEM file of the authority'),
});
export type DatabaseConfig = z.infer<typeof DatabaseConfig>;

const SearchEngineConfig = Endpoint.extend({
  repository: z.string().default('camunda').describe('Snapshot repository that all components use'),
  indexPrefixes: z
    .strictObject({
      zeebeRecords: z.string().default('zeebe-record'),
      operate: z.string().default('operate'),
      tasklist: z.string().default('tasklist'),
      optimize: z.string().default('optimize'),
    })
    .prefault({}),
});
export type SearchEngineConfig = z.infer<typeof SearchEngineConfig>;

const BudgetsConfig = z
  .strictObject({
    preflight: duration('2 m'),
    part: duration('3 h').describe('One part, from its trigger to complete'),
    window: duration('4 h').describe('Longest time with exporting paused'),
    dump: duration('6 h').describe('One database'),
    seal: duration('6 h').describe('Verify, store and record'),
    stall: duration('10 m').describe('A part without any progress for this long is lost'),
  })
  .prefault({});

export const ClusterConfig = z
  .strictObject({
    zeebe: Endpoint.describe('Management address of the gateway, or of any broker with an embedded gateway'),
    brokers: z.array(Endpoint).optional().describe('Management address of every broker; default: the one of `zeebe`'),
    restApi: Endpoint.optional().describe('REST address with /v2/topology; default: topology from the management address'),
    webapps: AppEndpoint.optional().describe('8.8 and later: management address that offers backupHistory'),
    operate: AppEndpoint.optional().describe('Up to 8.7: management address of Operate'),
    tasklist: AppEndpoint.optional().describe('Up to 8.7: management address of Tasklist'),
    optimize: Endpoint.optional().describe('Management address of Optimize, port 8092 by default'),
    searchEngine: SearchEngineConfig.describe('Elasticsearch or OpenSearch'),
    databases: z.record(z.string(), DatabaseConfig).default({}).describe('Dumped beside the window, by name: web-modeler, keycloak'),
    store: z.string().min(1).describe('Name of a store above'),
    procedure: z.enum(PROCEDURE_NAMES).default('sequential'),
    exporter: z
      .strictObject({
        flushDelay: duration('5 s').describe('Bulk delay of the exporter; the larger of this and what the broker reports counts'),
      })
      .prefault({}),
    budgets: BudgetsConfig,
  })
  .refine((cluster) => cluster.webapps !== undefined || (cluster.operate !== undefined && cluster.tasklist !== undefined), {
    message: 'give either webapps (8.8 and later) or both operate and tasklist (up to 8.7)',
    path: ['webapps'],
  });
export type ClusterConfig = z.infer<typeof ClusterConfig>;

const Name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes');

/** The whole of `safepoint.yaml`. */
export const Config = z.strictObject({
  temporal: z
    .strictObject({
      searchAttributes: z.boolean().default(false).describe('Set when the namespace has Cluster, BackupId and Verdict as Keyword'),
    })
    .prefault({}),
  stores: z.record(Name, StoreConfig),
  clusters: z.record(Name, ClusterConfig),
});
export type Config = z.infer<typeof Config>;
