import { expect } from '@jest/globals';
import type { SimulatedPart } from '../../sandbox/simulator/options.ts';
import { readCatalog } from '../../src/storage/catalog.ts';
import type { CatalogSet } from '../../src/storage/catalogEntry.ts';
import { MANIFEST, setKey } from '../../src/domain/setKeys.ts';
import type { RigCluster } from './rig.ts';
import { isOpen, type RunEnd } from './runs.ts';
import { until } from './until.ts';

export type Allowed = {
  /** How many backups each part may have accepted. Default 1. */
  triggers?: number;
  /** Ids that somebody else brought, or pieces that nothing can remove. */
  strangers?: string[];
};

/**
 * What must hold after every case, whatever broke: exporting runs on every partition and would after a restart of the
 * brokers, no window is open, no part was triggered too often, a set with a manifest would lose and invent nothing, and of
 * all others nothing is left in Camunda. Returns the sets, oldest first.
 */
export async function expectSound(
  cluster: RigCluster,
  { triggers = 1, strangers = [] }: Allowed = {},
): Promise<CatalogSet['entry'][]> {
  const { name, simulator, store } = cluster;
  await until(`exporting runs on ${name}`, () => cluster.phases().every((phase) => phase === 'EXPORTING'));
  await until(`the window of ${name} is closed`, async () => !(await isOpen(cluster.window())));
  const parts = ['zeebe', ...Object.keys(simulator.urls).filter((key) => key in PARTS)] as SimulatedPart[];
  const tooMany = parts.filter((part) => simulator.triggerCount(part) > triggers);
  expect(tooMany).toEqual([]);

  const sets = (await readCatalog([store], { cluster: name })).map(({ entry }) => entry).reverse();
  const kept = [...strangers];
  for (const { backupId, state } of sets) {
    const isBackup = state === 'complete' || state === 'partial';
    const hasManifest = (await store.head(setKey(name, backupId, MANIFEST))) !== null;
    expect({ backupId, hasManifest }).toEqual({ backupId, hasManifest: isBackup });
    if (!isBackup) continue;
    kept.push(backupId);
    const damage = simulator.damage(Number(backupId));
    expect(damage.filter(({ lost, orphans }) => lost > 0 || orphans > 0)).toEqual([]);
  }
  const isLeft = () => leftOf(cluster, parts).filter((name) => !kept.some((id) => name.includes(id)));
  await until(`nothing is left of given up sets`, () => isLeft().length === 0, 5_000).catch(() => undefined);
  expect(isLeft()).toEqual([]);

  simulator.restart('zeebe');
  const readings = await cluster.client.readExporters();
  expect(readings.map(({ phase }) => phase)).toEqual(['EXPORTING', 'EXPORTING']);
  return sets;
}

/** The run ended well, and says why where it did not. */
export function expectComplete({ message, status, result }: RunEnd): void {
  expect({ message, status, verdict: result?.verdict, reasons: result?.reasons }).toEqual({
    status: 'COMPLETED',
    verdict: 'complete',
    reasons: [],
  });
}

const PARTS = { webapps: true, operate: true, tasklist: true, optimize: true };

function leftOf({ simulator }: RigCluster, parts: SimulatedPart[]): string[] {
  const backups = parts.flatMap((part) => simulator.backupIds(part).map((id) => `${part} ${id}`));
  return [...backups, ...simulator.snapshotNames()];
}
