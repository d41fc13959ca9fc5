import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCamundaClient } from '../../src/camunda/client.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import { startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
});
afterEach(() => cluster.close());

const envelope = (status: number, body: unknown = null) => ({ json: { body, status, contentType: null } });
const missing = 'Expected 3 members of partition 1 but found 2, current topology: ...';

const failures = [
  ['envelope with an object', envelope(500, { message: missing }), missing],
  ['envelope with a text', envelope(500, missing), missing],
  ['real status', { status: 500, text: JSON.stringify(missing), type: 'application/json' }, missing],
  ['empty body', { status: 200 }, 'without a status'],
  ['page of a proxy', { status: 200, type: 'text/html', text: '<html>Hi</html>' }, '<html>Hi</html>'],
  ['another success', { status: 202, json: {} }, 'answered 202'],
] as const;

describe('camunda/exporting: pauseExporting', () => {
  it.each([
    ['soft', 'POST /zeebe/actuator/exporting/pause?soft=true'],
    ['hard', 'POST /zeebe/actuator/exporting/pause?soft=false'],
  ] as const)('asks for a %s pause in the query, with a body', async (mode, line) => {
    cluster.on(line, envelope(204));

    await cluster.client.pauseExporting(mode);

    expect(cluster.server.requests).toEqual([
      expect.objectContaining({
        line,
        body: '{}',
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
      }),
    ]);
  });

  it('takes a bare 204', async () => {
    cluster.on('POST /zeebe/actuator/exporting/pause?soft=true', { status: 204 });

    const paused = cluster.client.pauseExporting('soft');

    await expect(paused).resolves.toBeUndefined();
  });

  it.each(failures)('does not believe it: %s', async (_, reply, text) => {
    cluster.on('POST /zeebe/actuator/exporting/pause?soft=true', reply);

    const paused = cluster.client.pauseExporting('soft');

    await expect(paused).rejects.toMatchObject({
      code: 'PauseNotProven',
      message: expect.stringContaining(text),
    });
  });
});

describe('camunda/exporting: resumeExporting', () => {
  const line = 'POST /zeebe/actuator/exporting/resume';

  it.each([
    ['envelope', envelope(204)],
    ['bare 204', { status: 204 }],
  ])('takes %s', async (_, reply) => {
    cluster.on(line, reply);

    const resumed = cluster.client.resumeExporting();

    await expect(resumed).resolves.toBeUndefined();
  });

  it.each([...failures, ['access denied', { status: 401, text: '' }, 'answered 401'] as const])(
    'does not believe it, and may be tried again: %s',
    async (_, reply, text) => {
      cluster.on(line, reply);

      const resumed = cluster.client.resumeExporting();

      await expect(resumed).rejects.toMatchObject({
        code: 'ResumeNotProven',
        message: expect.stringContaining(text),
      });
    },
  );
});

describe('camunda/exporting: readExporters', () => {
  const leader = (phase: string, exportedPosition: number) => ({
    role: 'LEADER',
    processedPosition: 14,
    snapshotId: null,
    processedPositionInSnapshot: null,
    streamProcessorPhase: 'PROCESSING',
    exporterPhase: phase,
    exportedPosition,
    clock: {},
  });
  const follower = { role: 'FOLLOWER', processedPosition: null, exporterPhase: null, exportedPosition: null };

  it('reads leaders of every broker, by partition', async () => {
    const { server, on } = cluster;
    on('GET /b1/actuator/partitions', { json: { '2': leader('SOFT_PAUSED', 9), '1': follower } });
    on('GET /b2/actuator/partitions', { json: { '1': leader('BRAND_NEW', 8), '2': follower, '3': {} } });
    const client = clientWithBrokers(server.url, 'b1', 'b2');

    const readings = await client.readExporters();
    await client.close();

    expect(readings).toEqual([
      {
        partitionId: 1,
        leader: `${server.url}/b2`,
        phase: 'BRAND_NEW',
        exportedPosition: 8,
        processedPosition: 14,
      },
      {
        partitionId: 2,
        leader: `${server.url}/b1`,
        phase: 'SOFT_PAUSED',
        exportedPosition: 9,
        processedPosition: 14,
      },
    ]);
  });

  it('leaves out a partition that two brokers claim to lead', async () => {
    const { server, on } = cluster;
    on('GET /b1/actuator/partitions', { json: { '1': leader('PAUSED', 9), '2': leader('PAUSED', 9) } });
    on('GET /b2/actuator/partitions', { json: { '1': leader('EXPORTING', 8) } });
    const client = clientWithBrokers(server.url, 'b1', 'b2');

    const readings = await client.readExporters();
    await client.close();

    expect(readings.map(({ partitionId }) => partitionId)).toEqual([2]);
  });

  it('shows a phase that is not reported as such, never as running', async () => {
    cluster.on('GET /zeebe/actuator/partitions', { json: { '1': { role: 'LEADER', exporterPhase: null } } });

    const readings = await cluster.client.readExporters();

    expect(readings).toMatchObject([
      { phase: 'not reported', exportedPosition: null, processedPosition: null },
    ]);
  });

  it('finds no leader in a broker whose partitions did not start', async () => {
    cluster.on('GET /zeebe/actuator/partitions', { json: {} });

    const readings = await cluster.client.readExporters();

    expect(readings).toEqual([]);
  });

  it('fails when a broker does not answer', async () => {
    const client = clientWithBrokers(cluster.server.url, 'b1', 'down');
    cluster.on('GET /b1/actuator/partitions', { json: { '1': leader('PAUSED', 9) } });
    cluster.on('GET /down/actuator/partitions', { status: 503, text: 'Service Unavailable' });

    const reading = client.readExporters();

    await expect(reading).rejects.toMatchObject({
      code: 'EndpointUnreachable',
      message: expect.stringContaining('broker 2: GET'),
    });
    await client.close();
  });
});

function clientWithBrokers(url: string, ...paths: string[]) {
  const config = ClusterConfig.parse({
    zeebe: { url: `${url}/zeebe` },
    brokers: paths.map((path) => ({ url: `${url}/${path}` })),
    webapps: { url: `${url}/webapps` },
    searchEngine: { url: `${url}/search` },
    store: 'main',
  });
  return createCamundaClient(config);
}
