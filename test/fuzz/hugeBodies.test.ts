import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForeignServer, type ForeignServer } from './support/foreignServer.ts';
import { outcomeOf } from './support/outcome.ts';
import { CALLS } from './support/portCalls.ts';
import { BACKUP_ID } from './support/validBodies.ts';

let server: ForeignServer;
beforeAll(async () => {
  server = await startForeignServer();
});
afterAll(() => server.close());

const MANY = 200_000;

function list<T>(entry: T): T[] {
  return Array.from({ length: MANY }, () => entry);
}

describe('fuzz: huge bodies', () => {
  it.each([
    [
      'getBackup webapps',
      `GET /webapps/actuator/backupHistory/${BACKUP_ID}`,
      { backupId: BACKUP_ID, state: 'COMPLETED', details: list({ snapshotName: '_of_1', state: '' }) },
    ],
    ['readDiskUsedPercent', 'GET /search/_cat/allocation', list({ 'disk.percent': '1' })],
    ['listIndices', 'GET /search/_cat/indices/zeebe-record*', list({ index: '', 'creation.date': '1' })],
    [
      'readExporters',
      'GET /zeebe/actuator/partitions',
      Object.fromEntries(list(0).map((_, at) => [at + 1, { role: 'LEADER' }])),
    ],
    [
      'readTopology',
      'GET /rest/v2/topology',
      { brokers: [], clusterSize: 1, partitionsCount: 1e15, replicationFactor: 1 },
    ],
    [
      'readTopology',
      'GET /rest/v2/topology',
      {
        brokers: [{ nodeId: 0, partitions: list({ partitionId: 8191 }) }],
        clusterSize: 1,
        partitionsCount: 8191,
        replicationFactor: 1,
      },
    ],
    [
      'readSettings',
      'GET /zeebe/actuator/configprops',
      {
        contexts: {
          c: {
            beans: {
              b: {
                prefix: 'zeebe.broker',
                properties: {
                  exporters: Object.fromEntries(
                    list(0).map((_, at) => [at, { args: { bulk: { delay: 1 } } }]),
                  ),
                },
              },
            },
          },
        },
      },
    ],
  ])('%s bears a huge answer to %s', async (name, bad, body) => {
    const each = CALLS.find((candidate) => candidate.name === name);
    if (each === undefined) throw new Error(`no call ${name}`);
    const reply = { status: 200, type: 'application/json', body: JSON.stringify(body) };

    const { asked } = await outcomeOf(server, each, 'new', (line) => (line === bad ? reply : undefined));

    expect(asked).toContain(bad);
  });
});
