import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { SafepointError } from '../contract/errors.ts';
import { Manifest } from '../contract/manifest.ts';
import { replicateWorkflowId } from '../contract/names.ts';
import {
  ReplicateInput,
  type ReplicaKind,
  type ReplicaPair,
  type ReplicaRecord,
  type ReplicaSet,
  type ReplicatePlan,
} from '../contract/replica.ts';
import { ledgerKey, MANIFEST, replicaName, setKey, TOMBSTONE } from '../domain/setKeys.ts';
import { formatSize } from '../domain/statusTable.ts';
import { readNewestSets } from '../storage/catalog.ts';
import { openLedger } from '../storage/replica/ledger.ts';
import { mirror, type MirrorResult, type Progress } from '../storage/replica/mirror.ts';
import type { RunLookup } from '../system/runs.ts';
import { stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';
import { waitUntilIdle } from './replicate/idle.ts';
import { prepareSnapshots } from './replicate/snapshots.ts';
import { prepareZeebe } from './replicate/zeebe.ts';

export type CopyInput = { plan: ReplicatePlan; set: ReplicaSet };
type Report = (details: { progress: string }) => void;
type Mirrored = MirrorResult & { generation?: number };

export function createReplicateActivities({ config, camunda, store }: ActivityDeps, runs: RunLookup) {
  return {
    /**
     * The part of the config that a copy needs. Fails with `InvalidInput`, also under a workflow id that would not keep two
     * copies of the cluster apart.
     */
    planReplicate(input: ReplicateInput): Promise<ReplicatePlan> {
      requireFixedId(input.cluster, activityInfo().workflowExecution?.workflowId);
      return Promise.resolve(plan(config, input));
    },

    /** The set whose parts are copied: the one that was asked for, else the newest complete one. Fails with `ReplicaRefused`. */
    async chooseReplicaSet({ cluster, backupId, store: name }: ReplicatePlan): Promise<ReplicaSet> {
      const manifest = await withHeartbeats(async () => await findManifest(cluster, backupId, name));
      if (manifest !== null)
        return {
          backupId: manifest.backupId,
          partitionCount: manifest.camunda.partitionCount,
          snapshots: manifest.searchEngine.snapshots.map((snapshot) => snapshot.name),
        };
      const wanted = backupId === null ? 'complete set' : `set ${backupId} with a manifest`;
      throw new SafepointError('ReplicaRefused', `there is no ${wanted} of ${cluster} in store ${name}`);
    },

    /** Copies Zeebe's objects of one backup and records it. A retry goes on where this one was. */
    async replicateZeebe(input: CopyInput): Promise<ReplicaRecord> {
      return await copy('zeebe', input.plan.zeebe, input, async (places, { readBack }) => {
        const prepared = await prepareZeebe(places.from, input.set, cancellationSignal());
        return await mirror({ ...places, ...prepared, readBack });
      });
    },

    /** Copies the snapshot repository while no snapshot runs, and records it. A retry goes on where this one was. */
    async replicateSnapshots(input: CopyInput): Promise<ReplicaRecord> {
      const { cluster } = input.plan;
      return await copy('snapshots', input.plan.snapshots, input, async (places, { readBack, report }) => {
        const idle = { camunda: camunda(cluster), runs, cluster };
        await waitUntilIdle(idle, cluster, report);
        const sides = { from: places.from, to: places.to, knownKeys: places.ledger.entries };
        const { generation, ...prepared } = await prepareSnapshots(
          sides,
          input.set,
          idle,
          cancellationSignal(),
        );
        return { ...(await mirror({ ...places, ...prepared, readBack })), generation };
      });
    },
  };

  async function findManifest(
    cluster: string,
    backupId: string | null,
    name: string,
  ): Promise<Manifest | null> {
    if (backupId !== null) {
      const isBeingDeleted = (await store(name).head(setKey(cluster, backupId, TOMBSTONE))) !== null;
      const text = await store(name).getObject(setKey(cluster, backupId, MANIFEST));
      return text === null || isBeingDeleted ? null : Manifest.parse(JSON.parse(text));
    }
    for await (const { entry, manifest } of readNewestSets(store(name), cluster))
      if (entry.state === 'complete' && manifest !== undefined) return manifest;
    return null;
  }

  type Places = Pick<Parameters<typeof mirror>[0], 'from' | 'to' | 'ledger' | 'signal' | 'onProgress'>;
  type Pass = (places: Places, context: { readBack: boolean; report: Report }) => Promise<Mirrored>;

  /** One copy, begun anew as often as its source changes meanwhile. */
  async function copy(
    kind: ReplicaKind,
    pair: ReplicaPair | null,
    { plan: { cluster, store: name, readBack }, set: { backupId } }: CopyInput,
    pass: Pass,
  ): Promise<ReplicaRecord> {
    if (pair === null) throw new SafepointError('InvalidConfig', `replicate.${kind} is not configured`);
    const startedAt = new Date().toISOString();
    const elapsedMs = stopwatch();
    const [from, to, leading] = [store(pair.from), store(pair.to), store(name)];
    const locations = { from: from.locate(''), to: to.locate('') };
    return await withHeartbeats(async (report) => {
      report({ progress: `${kind}: looking at both sides` });
      const ledger = await openLedger(leading, ledgerKey(cluster, kind, backupId), locations);
      const onProgress = (progress: Progress) => {
        report({ progress: `${kind}: ${describe(progress)}` });
      };
      const places = { from, to, ledger, signal: cancellationSignal(), onProgress };
      const { startOvers, ...mirrored } = await whileItChanges(
        () => pass(places, { readBack, report }),
        report,
      );
      const { workflowExecution } = activityInfo();
      const record: ReplicaRecord = {
        schema: 'safepoint/replica/v1',
        kind,
        cluster,
        backupId,
        from: { store: from.name, location: locations.from },
        to: { store: to.name, location: locations.to },
        ...mirrored,
        readBack,
        startOvers,
        startedAt,
        completedAt: new Date().toISOString(),
        tookMs: Math.round(elapsedMs()),
        run: { workflowId: workflowExecution?.workflowId ?? '', runId: workflowExecution?.runId ?? '' },
      };
      const key = setKey(cluster, backupId, replicaName(kind));
      await leading.putObject(key, `${JSON.stringify(record, null, 2)}\n`, { signal: cancellationSignal() });
      return record;
    });
  }
}

/** Starting over costs two lists and what changed. Whoever writes without end is told of by the retries of the activity. */
const MOST_START_OVERS = 5;

async function whileItChanges(
  pass: () => Promise<Mirrored>,
  report: Report,
): Promise<Mirrored & { startOvers: number }> {
  for (let startOvers = 0; ; startOvers += 1) {
    try {
      return { ...(await pass()), startOvers };
    } catch (error) {
      const again = error instanceof SafepointError && error.code === 'SourceChanged';
      if (!again || startOvers === MOST_START_OVERS) throw error;
      report({ progress: `starting over: ${error.message}` });
    }
  }
}

function describe({ objects, ofObjects, sizeBytes, ofSizeBytes }: Progress): string {
  return `${objects} of ${ofObjects} objects, ${formatSize(sizeBytes)} of ${formatSize(ofSizeBytes)}`;
}

function requireFixedId(cluster: string, workflowId: string | undefined): void {
  const wanted = replicateWorkflowId(cluster);
  if (workflowId !== wanted)
    throw new SafepointError(
      'InvalidInput',
      `the workflow id must be ${wanted}, which keeps two copies apart, but is ${workflowId}; \`safepoint replicate ${cluster}\` gives it`,
    );
}

function plan(config: ActivityDeps['config'], input: ReplicateInput): ReplicatePlan {
  const parsed = ReplicateInput.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new SafepointError(
      'InvalidInput',
      `${problems.join('; ')}; give an object such as {"cluster":"prod"}`,
    );
  }
  const { cluster, backupId = null, readBack = false } = parsed.data;
  const settings = Object.hasOwn(config.clusters, cluster) ? config.clusters[cluster] : undefined;
  if (settings?.replicate === undefined) {
    const what = settings === undefined ? 'no cluster' : 'no `replicate` for cluster';
    const known = Object.keys(config.clusters).join(', ');
    throw new SafepointError(
      'InvalidInput',
      `${what} ${JSON.stringify(cluster)} in the config of this worker; its clusters are ${known}`,
    );
  }
  const { zeebe = null, snapshots = null } = settings.replicate;
  return {
    cluster,
    backupId,
    store: settings.store,
    readBack,
    zeebe,
    snapshots,
    budgetMs: settings.budgets.replicate,
  };
}
