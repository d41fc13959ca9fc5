import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { createDumpActivities } from '../../src/activities/dump.ts';
import { createSealActivities } from '../../src/activities/seal.ts';
import type { BackupResult, SealInput } from '../../src/contract/backup.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { scriptFolder } from '../database/databaseFixture.ts';
import { changed } from '../storage/changedStore.ts';
import { runActivity } from '../support/runActivity.ts';
import { captureSet } from './capturedSet.ts';
import { CLUSTER, startCluster, type SimulatedCluster } from './preflight/simulatedCluster.ts';

const SCRIPT = `seq 1 100000; printf '%s\\n' -- '-- PostgreSQL database cluster dump complete' -- ''`;
process.env.TEST_COPIES_PASSWORD = 'unused';

/** Name of the dump in both stores. */
export const DUMP = 'web-modeler.sql.zst.age';

/** Set 1000, captured and not dumped yet, of a cluster whose sets go to the stores `main` and `offsite`, encrypted. */
export interface CopiedSet {
  cluster: SimulatedCluster;
  input: SealInput;
  identity: string;
  dump(deps?: ActivityDeps): Promise<void>;
  seal(deps?: ActivityDeps): Promise<BackupResult>;
  inMain(name: string): string;
  inOffsite(name: string): string;
  /** The same stores, of which one has some methods exchanged. */
  withStore(name: string, changes: Partial<ObjectStore>): ActivityDeps;
}

export async function startCopiedSet(): Promise<CopiedSet> {
  const identity = await generateX25519Identity();
  process.env.TEST_COPIES_IDENTITY = `# created: today\n${identity}`;
  const recipients = [await identityToRecipient(identity)];
  const cluster = await startCluster({ profile: '8.8', partMs: 0, flushDelayMs: 50 }, (settings) => ({
    ...settings,
    copies: ['offsite'],
    encryption: { recipients, identity: { env: 'TEST_COPIES_IDENTITY' } },
    databases: {
      'web-modeler': { host: 'stand-in', user: 'x', password: { env: 'TEST_COPIES_PASSWORD' } },
    },
  }));
  const { deps } = cluster;
  const { databases } = deps.config.clusters[CLUSTER] ?? {};
  if (databases?.['web-modeler'] === undefined) throw new Error('there is no database');
  databases['web-modeler'].binDir = await scriptFolder(cluster.folder, 'pg_dumpall', SCRIPT);
  const input = await captureSet(cluster);
  return {
    ...{ cluster, input, identity },
    async dump(using = deps) {
      const { plan, backupId } = input;
      const activities = createDumpActivities(using);
      const database = 'web-modeler';
      input.artifacts = [await runActivity(() => activities.dumpDatabase({ plan, backupId, database }))];
    },
    seal: (using = deps) => runActivity(() => createSealActivities(using).sealSet(input)),
    inMain: (name) => path.join(cluster.folder, CLUSTER, '1000', name),
    inOffsite: (name) => path.join(cluster.offsite, CLUSTER, '1000', name),
    withStore(name, changes) {
      const store = (wanted: string) => {
        const real = deps.store(wanted);
        return wanted === name ? changed(real, changes) : real;
      };
      return { ...deps, store };
    },
  };
}
