import { z } from 'zod';
import { PartitionCount, PartitionId, PartitionKey } from './partitionId.ts';

const LocalPartition = z.object({
  role: z.string().nullish(),
  exporterPhase: z.string().nullish(),
  exportedPosition: z.number().nullish(),
  processedPosition: z.number().nullish(),
  streamProcessorPhase: z.string().nullish(),
});

/** `GET actuator/partitions` of a broker: its own partitions by id; followers carry nulls. */
export const LocalPartitions = z.record(PartitionKey, LocalPartition);
export type LocalPartitions = z.infer<typeof LocalPartitions>;

const PendingChange = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  status: z.string().nullish(),
  startedAt: z.string().nullish(),
  pending: z.array(z.object({ operation: z.string().nullish() })).nullish(),
});

/** `GET actuator/cluster`: how partitions are spread over brokers, and a change that is under way. */
export const ClusterLayout = z.object({
  brokers: z.array(
    z.object({ id: z.union([z.number(), z.string()]), partitions: z.array(z.object({ id: PartitionId })).default([]) }),
  ),
  pendingChange: PendingChange.nullish(),
});
export type ClusterLayout = z.infer<typeof ClusterLayout>;

/** As `PartitionCount`: -1 while it is not known. */
const BrokerCount = z.int().transform((count) => Math.max(0, count));

const TopologyBroker = z.object({
  nodeId: z.union([z.number(), z.string()]),
  version: z.string().nullish(),
  partitions: z.array(
    z.object({ partitionId: PartitionId, role: z.string().nullish(), health: z.string().nullish() }),
  ),
});

/** `GET /v2/topology` of the REST API. */
export const RestTopology = z.object({
  brokers: z.array(TopologyBroker),
  clusterSize: BrokerCount,
  partitionsCount: PartitionCount,
  replicationFactor: PartitionCount,
  gatewayVersion: z.string().nullish(),
});
export type RestTopology = z.infer<typeof RestTopology>;
