import type { SetFailure } from '../../../src/contract/failure.ts';
import type { Intent } from '../../../src/contract/intent.ts';
import type { Manifest } from '../../../src/contract/manifest.ts';

export const CLUSTER = 'prod';
export const SET_ID = '1764000000';

const at = '2026-11-22T02:00:00.000Z';
const reading = {
  partitionId: 1,
  leader: 'http://broker-0:9600',
  phase: 'PAUSED',
  exportedPosition: 690906001,
  processedPosition: 690906003,
};
const latency = { app: 'webapps', latency: { counts: [3, 1, 0], failed: 0, maxMs: 12 } };

/** The dump that the manifest names, as far as a listing looks at it. */
export const validDump = Buffer.alloc(1_340);

export const validManifest: Manifest = {
  schema: 'safepoint/manifest/v1',
  tool: { name: 'safepoint', version: '0.1.0' },
  cluster: CLUSTER,
  backupId: SET_ID,
  verdict: 'complete',
  reasons: [],
  startedAt: at,
  completedAt: at,
  camunda: { version: '8.8.0', partitionCount: 1, replicationFactor: 1, brokerCount: 1 },
  procedure: { name: 'sequential', pause: 'hard', waves: [['zeebe'], ['webapps']] },
  window: { pausedAt: at, resumedAt: at, tookMs: 61_000, paused: [reading], resumed: [reading] },
  parts: [
    {
      part: 'zeebe',
      backupId: SET_ID,
      foreignState: 'COMPLETED',
      startedAt: at,
      completedAt: at,
      tookMs: 42_000,
      pieces: [{ name: 'partition 1', complete: true, foreignState: 'COMPLETED', partitionId: 1 }],
      fence: {
        before: [reading],
        after: [reading],
        highestRecords: [{ partitionId: 1, position: 690906001 }],
      },
      responsiveness: [latency],
    },
  ],
  searchEngine: {
    repository: 'camunda',
    snapshots: [
      { name: 'camunda_webapps_part_1_of_1', part: 'webapps', state: 'SUCCESS', indices: ['operate'] },
    ],
    indexPrefixes: { operate: 'operate' },
  },
  artifacts: [
    {
      name: 'web-modeler.sql.zst',
      database: 'web-modeler',
      key: `${CLUSTER}/${SET_ID}/web-modeler.sql.zst`,
      sizeBytes: validDump.length,
      rawSizeBytes: 9_000_000,
      sha256: 'ab',
      rawSha256: 'cd',
      compression: 'zstd',
      startedAt: at,
      completedAt: at,
      tookMs: 9_000,
    },
  ],
  cut: {
    outcome: 'proven',
    partitions: [
      {
        partitionId: 1,
        checkpointPosition: 690906004,
        restoredExporterPosition: 690906001,
        heldAtLeast: 690906001,
        heldAtMost: 690906002,
        heldAtMostSource: 'zeebe-records',
        noLoss: true,
        noOrphans: true,
        fenceHeld: null,
      },
    ],
    reasons: ['a reason'],
  },
  responsiveness: [latency],
  findings: [{ check: 'zeebe.health', ok: false, severity: 'warning', seen: 'DOWN', fix: 'repair it' }],
  restore: { commands: ['restore --backupId=1764000000'] },
  run: { workflowId: 'backup-prod', runId: 'r' },
};

export const validIntent: Intent = {
  schema: 'safepoint/intent/v1',
  cluster: CLUSTER,
  backupId: SET_ID,
  procedure: 'sequential',
  parts: ['zeebe', 'webapps'],
  databases: ['web-modeler'],
  workflowId: 'backup-prod',
  runId: 'r',
  startedAt: at,
};

export const validFailure: SetFailure = {
  schema: 'safepoint/failure/v1',
  backupId: SET_ID,
  code: 'PartFailed',
  message: 'zeebe: disk full',
  failedAt: at,
};
