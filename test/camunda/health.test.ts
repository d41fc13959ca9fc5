import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCamundaClient } from '../../src/camunda/client.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import { htmlPage, startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
beforeEach(async () => {
  cluster = await startScriptedCluster('8.6');
});
afterEach(() => cluster.close());

const up = { json: { status: 'UP', components: { indicesCheck: { status: 'UP' } } } };

describe('camunda/health: readHealth', () => {
  it('reports each component, those that are down as well', async () => {
    cluster.on('GET /zeebe/actuator/health', up);
    cluster.on('GET /operate/actuator/health', {
      status: 503,
      json: { status: 'DOWN', components: { indicesCheck: { status: 'DOWN' }, ping: { status: 'UP' } } },
    });
    cluster.on('GET /tasklist/actuator/health', { resets: true });
    cluster.on('GET /optimize/actuator/health', htmlPage);

    const health = await cluster.client.readHealth();

    expect(health).toEqual([
      { component: 'zeebe', url: `${cluster.server.url}/zeebe`, up: true, seen: 'UP' },
      {
        component: 'operate',
        url: `${cluster.server.url}/operate`,
        up: false,
        seen: 'DOWN (indicesCheck DOWN)',
      },
      {
        component: 'tasklist',
        url: `${cluster.server.url}/tasklist`,
        up: false,
        seen: expect.stringContaining('failed'),
      },
      {
        component: 'optimize',
        url: `${cluster.server.url}/optimize`,
        up: false,
        seen: expect.stringContaining('HTTP 200 <html>'),
      },
    ]);
  });

  it('still tells the caller that it gave up', async () => {
    cluster.on('GET /zeebe/actuator/health', { hangs: true });
    const reason = new Error('cancelled');

    const health = cluster.client.readHealth({ signal: AbortSignal.abort(reason) });

    await expect(health).rejects.toBe(reason);
  });
});

describe('camunda/health: readClocks', () => {
  it('reads the Date header of those that send one', async () => {
    cluster.on('GET /zeebe/actuator/health', { ...up, headers: { date: 'Sun, 22 Nov 2026 11:00:00 GMT' } });
    cluster.on('GET /operate/actuator/health', { ...up, headers: { date: 'soon' } });
    cluster.on('GET /tasklist/actuator/health', { resets: true });
    cluster.on('GET /optimize/actuator/health', {
      status: 503,
      headers: { date: 'Sun, 22 Nov 2026 11:00:05 GMT' },
    });

    const clocks = await cluster.client.readClocks();

    expect(clocks).toEqual([
      { component: 'zeebe', at: '2026-11-22T11:00:00.000Z' },
      { component: 'optimize', at: '2026-11-22T11:00:05.000Z' },
    ]);
  });
});

describe('camunda/health: probeApps', () => {
  it('counts anything below 500 as an answer', async () => {
    const { server, on } = cluster;
    on('GET /login?next=x', { status: 302, headers: { location: '/sso' } });
    on('GET /tasklist/actuator/health', { status: 503 });
    const config = ClusterConfig.parse({
      zeebe: { url: `${server.url}/zeebe` },
      operate: { url: `${server.url}/operate`, probeUrl: `${server.url}/login?next=x` },
      tasklist: { url: `${server.url}/tasklist` },
      searchEngine: { url: `${server.url}/search` },
      store: 'main',
    });
    const client = createCamundaClient(config);

    const probes = await client.probeApps();
    await client.close();

    expect(probes).toEqual([
      { app: 'operate', ok: true, tookMs: expect.any(Number) },
      { app: 'tasklist', ok: false, tookMs: expect.any(Number) },
    ]);
  });
});
