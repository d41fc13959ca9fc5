import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeIndex, writeZeebeBackup } from '../storage/replica/layouts.ts';
import type { Lab } from './lab.ts';

const NAMES = ['zeebe', 'zeebe-copy', 'snapshots', 'snapshots-copy'] as const;
export type CopyStore = (typeof NAMES)[number];

/** The `stores` of a config, as folders below `root`, which are made. */
export function copyStores(root: string): Record<string, unknown> {
  for (const name of NAMES) mkdirSync(path.join(root, name), { recursive: true });
  return Object.fromEntries(NAMES.map((name) => [name, { type: 'folder', path: path.join(root, name) }]));
}

export const copyPairs = {
  zeebe: { from: 'zeebe', to: 'zeebe-copy' },
  snapshots: { from: 'snapshots', to: 'snapshots-copy' },
};

/** What the components would have written for a set, by the snapshots of set `like`; the simulator answers for them, but keeps no files. */
export async function writeComponentBackups(lab: Lab, id: string, like = id): Promise<void> {
  await writeZeebeBackup(lab.dependencies.store('zeebe'), id);
  const names = lab.simulator.snapshotNames().map((name) => name.replace(like, id));
  await writeIndex(
    lab.dependencies.store('snapshots'),
    -1,
    names.map((name) => ({ name })),
  );
}
