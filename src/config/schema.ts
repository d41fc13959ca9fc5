import { z } from 'zod';
import { PROCEDURE_NAMES } from '../contract/backup.ts';
import { duration } from './duration.ts';
import { DatabaseConfig } from './databases.ts';
import { DrillConfig } from './drill.ts';
import { AppEndpoint, Endpoint, SecretRefSchema } from './endpoints.ts';
import { RetentionConfig } from './retention.ts';
import { Name } from './name.ts';
import { ReplicateConfig } from './replicate.ts';
import { RestoreConfig } from './restore.ts';
import { ScheduleConfig } from './schedules.ts';
import { StoreConfig } from './stores.ts';

export { DatabaseConfig } from './databases.ts';
export { StoreConfig } from './stores.ts';
export type { ScheduleConfig } from './schedules.ts';
export type { AzureStoreConfig, FolderStoreConfig, GcsStoreConfig, S3StoreConfig } from './stores.ts';

export { NAME_PATTERN } from './name.ts';

const SearchEngineConfig = Endpoint.extend({
  repository: z.string().min(1).default('camunda').describe('Snapshot repository that all components use'),
  indexPrefixes: z
    .strictObject({
      zeebeRecords: z.string().min(1).default('zeebe-record').describe('Of the exported records of Zeebe'),
      operate: z.string().min(1).default('operate').describe('Of Operate'),
      tasklist: z.string().min(1).default('tasklist').describe('Of Tasklist'),
      optimize: z.string().min(1).default('optimize').describe('Of Optimize'),
    })
    .prefault({})
    .describe('Only where the components run with index prefixes of their own'),
});
export type SearchEngineConfig = z.infer<typeof SearchEngineConfig>;

const BudgetsConfig = z
  .strictObject({
    preflight: duration('2 m').describe('Preflight as a whole'),
    part: duration('3 h').describe('One part, from its trigger to complete'),
    window: duration('4 h').describe(
      'Longest time with exporting paused; past it exporting is resumed and the run fails',
    ),
    dump: duration('6 h').describe('One database'),
    seal: duration('6 h').describe('Verify, store and record'),
    replicate: duration('6 h').describe('One copy of the backups of components, waiting included'),
    stall: duration('10 m').describe('A part without any progress for this long is lost'),
    resume: duration('5 m').describe(
      'A resume that is refused for this long is an alarm, `ResumeFailed`; it is tried on all the same',
    ),
  })
  .prefault({})
  .describe('Longest allowed times, such as "90 s", "5 m" or "2 h"');

const EncryptionConfig = z.strictObject({
  recipients: z
    .array(z.string().min(1))
    .min(1)
    .describe('Public keys of age, such as age1ql3z7hj...; each can read the dumps alone'),
  identity: SecretRefSchema.optional().describe(
    'Private key of one of the recipients, {env: NAME} or {file: path}, to read dumps back when they are verified; without it only their bytes are compared',
  ),
});

export const ClusterConfig = z.strictObject({
  zeebe: Endpoint.describe('Management address of the gateway, or of any broker with an embedded gateway'),
  brokers: z
    .array(Endpoint)
    .min(1)
    .optional()
    .describe(
      'Management address of every broker, each by itself; default: the one of `zeebe`, right for a single broker',
    ),
  restApi: Endpoint.optional().describe(
    'REST address with /v2/topology; default: topology from the management address',
  ),
  webapps: AppEndpoint.optional().describe('8.8 and later: management address that offers backupHistory'),
  operate: AppEndpoint.optional().describe('Up to 8.7: management address of Operate'),
  tasklist: AppEndpoint.optional().describe('Up to 8.7: management address of Tasklist'),
  optimize: Endpoint.optional().describe(
    'Management address of Optimize, port 8092 by default; leave out without Optimize',
  ),
  searchEngine: SearchEngineConfig.describe('Elasticsearch or OpenSearch'),
  databases: z
    .record(Name, DatabaseConfig)
    .default({})
    .describe('PostgreSQL servers, dumped beside the window, by name: web-modeler, keycloak'),
  store: z
    .string()
    .min(1)
    .describe('Name of a store under `stores`; it leads, and must take objects when a backup starts'),
  copies: z
    .array(z.string().min(1))
    .default([])
    .describe('Names of further stores; every dump and the manifest go to all of them at once'),
  compression: z
    .strictObject({
      level: z
        .int()
        .min(1)
        .max(19)
        .default(3)
        .describe('Level of zstd, 1 to 19; higher is smaller and slower'),
    })
    .prefault({})
    .describe('How dumps are compressed'),
  encryption: EncryptionConfig.optional().describe(
    'Dumps are encrypted before they leave the worker, in the format of age; default: not',
  ),
  procedure: z
    .enum(PROCEDURE_NAMES)
    .default('sequential')
    .describe('Order of the parts and pause mode; a run may choose another one'),
  exporter: z
    .strictObject({
      flushDelay: duration('5 s').describe(
        'Bulk delay of the exporter; the larger of this and what the broker reports counts',
      ),
    })
    .prefault({})
    .describe('What Safepoint must know of the exporters of Zeebe'),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe(
      'Sets that a run may begin: a lost one is cleaned up and taken again under a new id, unless the id was given',
    ),
  retention: RetentionConfig.optional().describe(
    'Rotation after each complete backup, and what `safepoint prune` does; default: everything stays',
  ),
  replicate: ReplicateConfig.optional().describe(
    'Copies of the backups of components in other places; `safepoint replicate`, docs/replication.md',
  ),
  restore: RestoreConfig.optional().describe('How a set is brought back into this cluster'),
  drill: DrillConfig.optional().describe('What drills of the sets of this cluster need'),
  budgets: BudgetsConfig,
});
export type ClusterConfig = z.infer<typeof ClusterConfig>;

const ListenAddress = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[\d.]+):\d+$/, 'an address and a port, such as 127.0.0.1:9464');

/** The whole of `safepoint.yaml`. */
export const Config = z.strictObject({
  temporal: z
    .strictObject({
      searchAttributes: z
        .boolean()
        .default(false)
        .describe(
          'Set when the namespace has the search attributes Cluster, BackupId and Verdict, all Keyword',
        ),
    })
    .prefault({})
    .describe('Address, namespace and TLS come from the environment or profile of the `temporal` command'),
  sentinel: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('false: this worker neither creates nor changes the schedule `safepoint-sentinel`'),
      every: duration('5 m').describe('How often every cluster is looked at'),
    })
    .prefault({})
    .describe(
      'Looks for exporting that is paused with no window open, and resumes what a set of ours left paused',
    ),
  metrics: z
    .strictObject({
      listen: ListenAddress.describe(
        'Address and port of /metrics; it knows no authentication, so 0.0.0.0 is for private networks',
      ),
    })
    .optional()
    .describe('Metrics for Prometheus; default: none, the worker listens to nobody'),
  health: z
    .strictObject({
      listen: ListenAddress.describe('Address and port of /healthz and /readyz; they know no authentication'),
    })
    .optional()
    .describe('Probes for whoever starts and stops workers; default: none, the worker listens to nobody'),
  stores: z.record(Name, StoreConfig).describe('Where sets are kept, by a name of your choice'),
  clusters: z.record(Name, ClusterConfig).describe('Camunda 8 installations, by a name of your choice'),
  schedules: z
    .record(Name, ScheduleConfig)
    .default({})
    .describe(
      'When clusters are backed up by themselves, by a name of your choice; `safepoint schedule apply`',
    ),
});
export type Config = z.infer<typeof Config>;
