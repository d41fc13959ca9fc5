import { excerpt, readJson } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { unexpectedStatus } from './answers.ts';
import type { ClusterEndpoints } from './endpoints.ts';
import { readPartitions } from './exporting.ts';
import type { CallOptions, Topology } from './port.ts';
import { ClusterLayout, RestTopology, type LocalPartitions } from './schema/cluster.ts';

/** From the REST API where the config has it, else from the management endpoints, which don't tell versions. */
export async function readTopology(
  { zeebe, brokers, restApi }: ClusterEndpoints,
  options?: CallOptions,
): Promise<Topology> {
  if (restApi !== undefined) return await readRestTopology(restApi, options);
  const layout = await readLayout(zeebe, options);
  const local = await Promise.all(
    brokers.map(async (broker) => ({ url: broker.url, partitions: await readPartitions(broker, options) })),
  );
  return toTopology(layout, local);
}

/** A change of the cluster that is under way (scaling), in one sentence; `null`: none, or a release without such changes. */
export async function readPendingChange(zeebe: HttpClient, options?: CallOptions): Promise<string | null> {
  const pending = (await readLayout(zeebe, options))?.pendingChange;
  if (pending === undefined || pending === null) return null;
  const operations = (pending.pending ?? []).map(({ operation }) => operation ?? 'unnamed').join(', ');
  const since = pending.startedAt ? ` since ${pending.startedAt}` : '';
  return excerpt(
    `cluster change ${pending.id ?? 'without id'} is ${pending.status ?? 'pending'}${since}, still to do: ${operations || 'not said'}`,
  );
}

/** How many partitions the cluster has; `null` where the management address doesn't tell. */
export async function readPartitionCount(zeebe: HttpClient, options?: CallOptions): Promise<number | null> {
  const layout = await readLayout(zeebe, options);
  return layout === null ? null : partitionIds(layout).length;
}

async function readLayout(zeebe: HttpClient, options?: CallOptions): Promise<ClusterLayout | null> {
  const answer = await zeebe.ask({ method: 'GET', path: '/actuator/cluster', ...options });
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw unexpectedStatus(answer);
  return readJson(answer, ClusterLayout);
}

async function readRestTopology(restApi: HttpClient, options?: CallOptions): Promise<Topology> {
  const answer = await restApi.ask({ method: 'GET', path: '/v2/topology', ...options });
  if (answer.status !== 200) throw unexpectedStatus(answer);
  const topology = readJson(answer, RestTopology);
  const leaders = findLeaders(topology);
  const brokerVersions = distinct(topology.brokers.flatMap(({ version }) => version ?? []));
  return {
    version: topology.gatewayVersion ?? brokerVersions[0] ?? 'unknown',
    brokerVersions,
    brokerCount: topology.clusterSize,
    partitionCount: topology.partitionsCount,
    replicationFactor: topology.replicationFactor,
    partitions: Array.from({ length: topology.partitionsCount }, (_, index) =>
      toRestPartition(index + 1, leaders.get(index + 1)),
    ),
  };
}

type Leader = { nodeId: string | number; health?: string | null };

function findLeaders({ brokers }: RestTopology): Map<number, Leader> {
  const leaders = new Map<number, Leader>();
  for (const { nodeId, partitions } of brokers) {
    for (const { partitionId, role, health } of partitions) {
      if (role?.toLowerCase() === 'leader' && !leaders.has(partitionId))
        leaders.set(partitionId, { nodeId, health });
    }
  }
  return leaders;
}

function toRestPartition(partitionId: number, leader: Leader | undefined): Topology['partitions'][number] {
  return {
    partitionId,
    leader: leader === undefined ? null : `broker ${leader.nodeId}`,
    healthy: leader?.health?.toLowerCase() === 'healthy',
  };
}

type LocalView = { url: string; partitions: LocalPartitions };

function toTopology(layout: ClusterLayout | null, local: LocalView[]): Topology {
  const seen = local.flatMap(({ partitions }) => Object.keys(partitions).map(Number));
  const ids = distinct([...(layout === null ? [] : partitionIds(layout)), ...seen]).sort((a, b) => a - b);
  const copies = layout?.brokers.flatMap(({ partitions }) => partitions.map(({ id }) => id)) ?? seen;
  return {
    version: 'unknown',
    brokerVersions: [],
    brokerCount: layout?.brokers.length ?? local.length,
    partitionCount: ids.length,
    replicationFactor: mostCopies(copies),
    partitions: ids.map((id) => toLocalPartition(local, id)),
  };
}

function toLocalPartition(local: LocalView[], partitionId: number): Topology['partitions'][number] {
  const leader = local.find(({ partitions }) => partitions[String(partitionId)]?.role === 'LEADER');
  const phase = leader?.partitions[String(partitionId)]?.streamProcessorPhase;
  return { partitionId, leader: leader?.url ?? null, healthy: phase === 'PROCESSING' };
}

function partitionIds({ brokers }: ClusterLayout): number[] {
  return distinct(brokers.flatMap(({ partitions }) => partitions.map(({ id }) => id)));
}

function mostCopies(partitionIds: number[]): number {
  const counts = new Map<number, number>();
  for (const id of partitionIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function distinct<T>(values: T[]): T[] {
  return [...new Set(values)];
}
