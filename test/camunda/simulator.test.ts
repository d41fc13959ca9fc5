import { afterEach, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { createCamundaClient } from '../../src/camunda/client.ts';
import type { CamundaClient } from '../../src/camunda/port.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import type { CutPart, PartStatus } from '../../src/contract/parts.ts';

const profiles = ['8.6', '8.8'] as const;
const expectedParts = {
  '8.6': ['zeebe', 'operate', 'tasklist', 'optimize', 'zeebe-records'],
  '8.8': ['zeebe', 'webapps', 'optimize', 'zeebe-records'],
};

let simulator: Simulator;
let client: CamundaClient;
afterEach(async () => {
  await client.close();
  await simulator.stop();
});

async function start(profile: (typeof profiles)[number]): Promise<void> {
  simulator = await startSimulator({ profile, partMs: 20 });
  const { urls, repository } = simulator;
  const at = (url: string | undefined) => (url === undefined ? undefined : { url });
  client = createCamundaClient(
    ClusterConfig.parse({
      zeebe: at(urls.zeebe),
      brokers: urls.brokers.map((url) => ({ url })),
      restApi: at(urls.restApi),
      webapps: at(urls.webapps),
      operate: at(urls.operate),
      tasklist: at(urls.tasklist),
      optimize: at(urls.optimize),
      searchEngine: { url: urls.searchEngine, repository },
      store: 'main',
    }),
  );
}

/** Polls as a capture does; the test's own timeout is the bound. */
async function waitUntilDone(part: CutPart, backupId: string): Promise<PartStatus> {
  for (;;) {
    const status = await client.getBackup(part, backupId);
    if (status.kind === 'complete' || status.kind === 'failed') return status;
  }
}

describe('camunda/client: a simulated installation', () => {
  it.each(profiles)('captures every part of %s, and adopts each that is there', async (profile) => {
    await start(profile);

    const parts = await client.discoverParts();
    const outcomes = [];
    for (const part of parts) {
      const { kind: started } = await client.startBackup(part, '1001');
      const { kind, pieces, expectedPieces } = await waitUntilDone(part, '1001');
      const { kind: repeated } = await client.startBackup(part, '1001');
      const ids = (await client.listBackups(part)).map(({ backupId }) => backupId);
      outcomes.push({ part, started, kind, isWhole: pieces.length === expectedPieces, repeated, ids });
    }

    expect(parts).toEqual(expectedParts[profile]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        started: 'started',
        kind: 'complete',
        isWhole: true,
        repeated: 'adopted',
        ids: ['1001'],
      });
    }
  });

  it.each(profiles)('knows nothing of a backup that was never started in %s', async (profile) => {
    await start(profile);

    const parts = await client.discoverParts();
    const kinds = await Promise.all(parts.map(async (part) => (await client.getBackup(part, '77')).kind));

    expect(new Set(kinds)).toEqual(new Set(['absent']));
  });

  it.each(profiles)('refuses a lower Zeebe id in %s', async (profile) => {
    await start(profile);
    await client.startBackup('zeebe', '1001');

    const lower = client.startBackup('zeebe', '1000');

    await expect(lower).rejects.toMatchObject({ code: 'PartRefused' });
  });

  it.each(profiles)('pauses and resumes exporting in %s', async (profile) => {
    await start(profile);
    const phases = async () => new Set((await client.readExporters()).map(({ phase }) => phase));

    await client.pauseExporting('soft');
    const soft = await phases();
    await client.resumeExporting();
    await client.pauseExporting('hard');
    const hard = await phases();
    await client.resumeExporting();
    const resumed = await phases();

    expect([soft, hard, resumed]).toEqual([
      new Set(['SOFT_PAUSED']),
      new Set(['PAUSED']),
      new Set(['EXPORTING']),
    ]);
  });

  it.each(profiles)('reads the facts of %s', async (profile) => {
    await start(profile);

    const topology = await client.readTopology();
    const health = await client.readHealth();
    const engine = await client.searchEngine.readHealth();
    const records = await client.searchEngine.readHighestRecords();
    const indices = await client.searchEngine.listIndices(['operate', 'zeebe-record']);
    const probes = await client.probeApps();

    expect(topology).toMatchObject({ version: `${profile}.0`, partitionCount: 2, brokerCount: 1 });
    expect(topology.partitions.every(({ healthy }) => healthy)).toBe(true);
    expect(health.map(({ up }) => up)).not.toContain(false);
    expect(engine.engine).toBe(profile === '8.6' ? 'opensearch' : 'elasticsearch');
    expect(records.map(({ partitionId }) => partitionId)).toEqual([1, 2]);
    expect(indices.length).toBeGreaterThan(0);
    expect(probes.map(({ ok }) => ok)).not.toContain(false);
    await expect(client.readPendingChange()).resolves.toBeNull();
    await expect(client.searchEngine.verifyRepository()).resolves.toBeUndefined();
    await expect(client.searchEngine.repositoryExists()).resolves.toBe(true);
    await expect(client.searchEngine.listRunningSnapshots()).resolves.toEqual([]);
    await expect(client.searchEngine.readDiskUsedPercent()).resolves.toEqual(expect.any(Number));
    await expect(client.readClocks()).resolves.toHaveLength(health.length);
  });
});
