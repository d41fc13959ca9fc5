import { expect } from '@jest/globals';
import type { SimulatedPart } from '../../sandbox/simulator/options.ts';
import { readCatalog } from '../../src/storage/catalog.ts';
import type { CatalogSet } from '../../src/storage/catalogEntry.ts';
import { MANIFEST, setKey } from '../../src/domain/setKeys.ts';
import type { ClusterUnderTest } from './cluster.ts';
import type { Installation } from './installation.ts';
import { isOpen } from './runs.ts';
import { until } from './until.ts';
import type { WorkerProcess } from './workerProcess.ts';

export type Allowed = {
  cluster?: string; // default demo
  /** How many backups each part may have accepted in this case. Default 1. */
  triggers?: number | Partial<Record<SimulatedPart, number>>;
};

const PARTS: SimulatedPart[] = ['zeebe', 'webapps', 'operate', 'tasklist', 'optimize'];

/** Connections kept alive to a handful of endpoints come and go; a leak of one a request would be far beyond. */
const SPARE_HANDLES = 15;
/**
 * A process that has worked holds compiled code, SDKs that it has loaded since and cached workflows. It levels off: after some
 * 300 runs of the whole lifecycle at 161 MB above its start. A dump or answer that stayed would come on top of that.
 */
const SPARE_MEMORY_MB = 250;
const CALM_MS = 10_000;

/**
 * What must hold after every case, whatever broke and however the run ended:
 *  - exporting runs on every partition, and no window is open
 *  - no part was triggered more often than the case allows
 *  - a set counts as a backup if and only if it has a manifest, its artifacts are there as the manifest says, and a
 *    restore of it would lose nothing and invent nothing
 *  - every worker is back at the open files and the memory of its first idle moment, within margins
 * Returns the sets of the cluster in the store, newest first.
 */
export async function expectNothingLeft(
  installation: Installation,
  { cluster: name = 'demo', triggers = 1 }: Allowed = {},
): Promise<CatalogSet[]> {
  const cluster = installation.cluster(name);
  await cluster.timeUntilExporting();
  await until(
    `the window of ${name} is closed`,
    async () => !(await isOpen(installation.windowHandle(name))),
  );
  expectTriggers(cluster, triggers);
  const sets = await expectHonestStore(installation, cluster);
  for (const worker of installation.workers()) await expectCalm(worker);
  return sets;
}

function expectTriggers({ name, simulator }: ClusterUnderTest, allowed: Allowed['triggers']): void {
  const most = (part: SimulatedPart) => (typeof allowed === 'object' ? allowed[part] : allowed) ?? 1;
  const tooMany = PARTS.filter(
    (part) => part in simulator.urls && simulator.triggerCount(part) > most(part),
  ).map(
    (part) => `${name}: ${part} was triggered ${simulator.triggerCount(part)} times, ${most(part)} allowed`,
  );
  expect(tooMany).toEqual([]);
}

async function expectHonestStore(
  installation: Installation,
  { name, simulator }: ClusterUnderTest,
): Promise<CatalogSet[]> {
  const store = installation.openStore();
  const sets = await readCatalog([store], { cluster: name });
  const ofThisCase = simulator.backupIds('zeebe').map(String);
  for (const { entry, manifest } of sets) {
    const isBackup = entry.state === 'complete' || entry.state === 'partial';
    const hasManifest = (await store.head(setKey(name, entry.backupId, MANIFEST))) !== null;
    expect({ ...entry, hasManifest }).toMatchObject({ hasManifest: isBackup, backupId: entry.backupId });
    for (const { key, sizeBytes } of manifest?.artifacts ?? [])
      expect(await store.head(key)).toMatchObject({ key, sizeBytes });
    if (!isBackup || !ofThisCase.includes(entry.backupId)) continue;
    const damage = simulator.damage(Number(entry.backupId));
    expect(damage.filter(({ lost, orphans }) => lost > 0 || orphans > 0)).toEqual([]);
  }
  return sets;
}

async function expectCalm(worker: WorkerProcess): Promise<void> {
  const { idle } = worker;
  const seen = () => {
    const { handles, memoryMb } = worker.footprint();
    return `${worker.name}: ${handles} open files (${idle.handles} at first), ${memoryMb} MB (${idle.memoryMb} at first)`;
  };
  const isCalm = () => {
    const { handles, memoryMb } = worker.footprint();
    return handles <= idle.handles + SPARE_HANDLES && memoryMb <= idle.memoryMb + SPARE_MEMORY_MB;
  };
  await until('worker is calm', isCalm, CALM_MS).catch((error: unknown) => {
    throw new Error(`not back at rest after ${CALM_MS / 1000} s, ${seen()}`, { cause: error });
  });
}
