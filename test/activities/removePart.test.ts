import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { removePart } from '../../src/activities/removePart.ts';
import { createCamundaClient } from '../../src/camunda/client.ts';
import type { CamundaClient } from '../../src/camunda/port.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import type { CutPart } from '../../src/contract/parts.ts';

const goneMs = 10_000;
const OLD = '17';
const NEW = '171'; // begins as the old one does

let simulator: Simulator;
const clients: CamundaClient[] = [];

beforeEach(async () => {
  simulator = await startSimulator({ profile: '8.6', partMs: 0, transients: false });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await simulator.stop();
});

/** A client of the simulated cluster, whose config lacks these applications. */
function connect(...without: CutPart[]): CamundaClient {
  const urls = Object.fromEntries(
    Object.entries(simulator.urls).filter(([name]) => !without.includes(name as CutPart)),
  );
  const settings = clusterSettings(urls as typeof simulator.urls, { store: 'main' });
  const client = createCamundaClient(ClusterConfig.parse(settings));
  clients.push(client);
  return client;
}

/** Backups of all parts, complete. */
async function backUp(client: CamundaClient, parts: CutPart[], ...ids: string[]): Promise<void> {
  for (const id of ids) {
    for (const part of parts) {
      await client.startBackup(part, id);
      while ((await client.getBackup(part, id)).kind !== 'complete') await sleep(10);
    }
  }
}

const snapshotsOf = (part: string, id: string) =>
  simulator.snapshotNames().filter((name) => name.startsWith(`camunda_${part}_${id}_`));

describe('activities/removePart: of an application that left the config', () => {
  it.each<[CutPart, CutPart]>([
    ['operate', 'tasklist'],
    ['tasklist', 'operate'],
    ['optimize', 'operate'],
  ])('%s: deletes the snapshots of this backup, and nothing else', async (gone, other) => {
    await backUp(connect(), [gone, other], OLD, NEW);
    const kept = [...snapshotsOf(gone, NEW), ...snapshotsOf(other, OLD), ...snapshotsOf(other, NEW)];
    expect(snapshotsOf(gone, OLD)).not.toEqual([]);

    const removed = await removePart(connect(gone), gone, OLD, { goneMs });

    expect(removed).toBe(true);
    expect(simulator.snapshotNames().toSorted()).toEqual(kept.toSorted());
  });

  it('deletes what Operate left when an upgrade to 8.8 made it a part of webapps', async () => {
    const upgraded = await startSimulator({ profile: '8.8', partMs: 0 });
    const client = createCamundaClient(
      ClusterConfig.parse(clusterSettings(upgraded.urls, { store: 'main' })),
    );
    clients.push(client);
    try {
      const { searchEngine } = upgraded.urls;
      for (const id of [OLD, NEW]) {
        const name = `camunda_operate_${id}_8.7.0_part_1_of_6`;
        const path = `${searchEngine}/_snapshot/${client.searchEngine.repository}/${name}`;
        expect((await fetch(path, { method: 'PUT' })).status).toBe(200);
      }

      expect(await removePart(client, 'operate', OLD, { goneMs })).toBe(true);

      expect(upgraded.snapshotNames()).toEqual([`camunda_operate_${NEW}_8.7.0_part_1_of_6`]);
    } finally {
      await upgraded.stop();
    }
  });

  it('says that there is nothing to remove when the snapshots are gone', async () => {
    expect(await removePart(connect('operate'), 'operate', OLD, { goneMs })).toBe(false);
  });

  it('goes through the application for as long as that is there', async () => {
    const client = connect();
    await backUp(client, ['operate'], OLD, NEW);

    expect(await removePart(client, 'operate', OLD, { goneMs })).toBe(true);

    expect(simulator.backupIds('operate')).toEqual([Number(NEW)]);
  });
});
