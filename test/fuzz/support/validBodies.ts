export const BACKUP_ID = '1764000000';

const backup = {
  backupId: 1764000000,
  state: 'COMPLETED',
  failureReason: null,
  details: [1, 2].map((partitionId) => ({
    partitionId,
    state: 'COMPLETED',
    lastUpdatedAt: '2026-11-22T10:59:32.009+0000',
    snapshotId: '238632143-55-690906332-690905294-0-abc',
    checkpointPosition: 690906000 + partitionId,
    brokerVersion: '8.8.0',
  })),
};

const historyBackup = (name: string) => ({
  backupId: 1764000000,
  state: 'COMPLETED',
  details: [1, 2].map((part) => ({
    snapshotName: `camunda_${name}_${BACKUP_ID}_8.8.0_part_${part}_of_2`,
    state: 'SUCCESS',
    startTime: '2026-11-22T10:59:32.009+0000',
    failures: [],
  })),
});

const partition = {
  role: 'LEADER',
  exporterPhase: 'EXPORTING',
  exportedPosition: 690906001,
  processedPosition: 690906003,
  streamProcessorPhase: 'PROCESSING',
};

const snapshot = (name: string) => ({
  snapshot: name,
  state: 'SUCCESS',
  indices: ['zeebe-record_job_8.8.0_2026-11-22'],
  failures: [],
});

const snapshots = { snapshots: [snapshot(`camunda_zeebe_records_backup_${BACKUP_ID}`)] };

const ownSnapshot = (prefix: string): [string, unknown][] => {
  const answer = { snapshots: [snapshot(`${prefix}_${BACKUP_ID}`)] };
  const path = `/search/_snapshot/camunda/${prefix}_`;
  return [
    [`GET ${path}*`, answer],
    [`GET ${path}${BACKUP_ID}`, answer],
    [`PUT ${path}${BACKUP_ID}`, { accepted: true }],
    [`DELETE ${path}${BACKUP_ID}`, { acknowledged: true }],
  ];
};

const index = (...names: string[]) => ({
  _links: Object.fromEntries(names.map((name) => [name, { href: '' }])),
});

const history = (base: string, endpoint: string, name: string): [string, unknown][] => [
  [`GET ${base}/actuator`, index('self', endpoint, 'health')],
  [`GET ${base}/actuator/health`, { status: 'UP', components: { db: { status: 'UP' } } }],
  [`GET ${base}/actuator/${endpoint}`, [historyBackup(name)]],
  [`GET ${base}/actuator/${endpoint}/${BACKUP_ID}`, historyBackup(name)],
  [`POST ${base}/actuator/${endpoint}`, { scheduledSnapshots: ['camunda_a_part_1_of_2'] }],
  [`DELETE ${base}/actuator/${endpoint}/${BACKUP_ID}`, {}],
];

const runtime = (base: string, endpoint: string): [string, unknown][] => [
  [`GET ${base}/actuator`, index('self', endpoint, 'exporting', 'partitions', 'cluster')],
  [`GET ${base}/actuator/${endpoint}`, [backup]],
  [`GET ${base}/actuator/${endpoint}/${BACKUP_ID}`, backup],
  [
    `GET ${base}/actuator/${endpoint}/state`,
    { checkpointStates: [{ checkpointId: 1763000000, partitionId: 1 }] },
  ],
  [`POST ${base}/actuator/${endpoint}`, { backupId: 1764000000, message: 'A backup has been scheduled' }],
  [`DELETE ${base}/actuator/${endpoint}/${BACKUP_ID}`, {}],
];

/** A healthy answer for each request that a client of both generations can send. */
export const validBodies = new Map<string, unknown>([
  ...runtime('/zeebe', 'backupRuntime'),
  ...runtime('/oldZeebe', 'backups'),
  ...['/zeebe', '/oldZeebe'].flatMap((base): [string, unknown][] => [
    [`GET ${base}/actuator/partitions`, { 1: partition, 2: { ...partition, role: 'FOLLOWER' } }],
    [`GET ${base}/actuator/health`, { status: 'UP' }],
    [`POST ${base}/actuator/exporting/pause`, { status: 204, body: null }],
    [`POST ${base}/actuator/exporting/resume`, { status: 204, body: null }],
    [
      `GET ${base}/actuator/cluster`,
      {
        version: 1,
        brokers: [{ id: 0, state: 'ACTIVE', partitions: [{ id: 1 }, { id: 2 }] }],
        pendingChange: {
          id: 7,
          status: 'IN_PROGRESS',
          startedAt: '2026-11-22',
          pending: [{ operation: 'JOIN' }],
        },
      },
    ],
    [
      `GET ${base}/actuator/configprops`,
      {
        contexts: {
          camunda: {
            beans: {
              broker: {
                prefix: 'zeebe.broker',
                properties: {
                  data: { backup: { store: 'S3' } },
                  exporters: { es: { args: { bulk: { delay: '5' } } } },
                },
              },
              backup: { prefix: 'camunda.backup', properties: { repositoryName: 'camunda' } },
            },
          },
        },
      },
    ],
  ]),
  ...history('/webapps', 'backupHistory', 'webapps'),
  ...history('/operate', 'backups', 'operate'),
  ...history('/tasklist', 'backups', 'tasklist'),
  ...history('/optimize', 'backups', 'optimize'),
  [
    'GET /rest/v2/topology',
    {
      brokers: [
        {
          nodeId: 0,
          version: '8.8.0',
          partitions: [
            { partitionId: 1, role: 'leader', health: 'healthy' },
            { partitionId: 2, role: 'leader', health: 'healthy' },
          ],
        },
      ],
      clusterSize: 1,
      partitionsCount: 2,
      replicationFactor: 1,
      gatewayVersion: '8.8.0',
    },
  ],
  ['GET /search/', { version: { number: '8.16.0' } }],
  ['GET /search/_cluster/health', { status: 'green' }],
  ['GET /search/_snapshot/camunda', { camunda: { type: 's3', settings: {} } }],
  ['POST /search/_snapshot/camunda/_verify', { nodes: { abc: { name: 'node-1' } } }],
  [
    'GET /search/_snapshot/_status',
    {
      snapshots: [
        { snapshot: 'x', shards_stats: { done: 1, total: 2 }, stats: { processed: { size_in_bytes: 1 } } },
      ],
    },
  ],
  [`GET /search/_snapshot/camunda/camunda_*`, snapshots],
  ...ownSnapshot('camunda_zeebe_records_backup'),
  ...ownSnapshot('camunda_indices_backup'),
  [
    'GET /search/_cat/indices/operate*,tasklist*,optimize*,zeebe-record*',
    [{ index: 'operate-event-8.3.0_', 'creation.date': '1764000000000' }],
  ],
  [
    'GET /search/_cat/indices/zeebe-record*',
    [{ index: 'zeebe-record_job', 'creation.date': '1764000000000' }],
  ],
  ['GET /search/_cat/allocation', [{ node: 'a', 'disk.percent': '42' }]],
  ['POST /search/zeebe-record*/_refresh', { _shards: { failed: 0 } }],
  [
    'POST /search/zeebe-record*/_search',
    {
      timed_out: false,
      _shards: { failed: 0 },
      hits: { hits: [{ _source: { partitionId: 1, position: 690906001 } }] },
    },
  ],
]);
