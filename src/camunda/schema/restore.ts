import { z } from 'zod';

/** `GET /_cat/indices?format=json&h=index,status`. */
export const IndexStates = z
  .array(z.object({ index: z.string(), status: z.string() }))
  .transform((rows) => rows.map(({ index, status }) => ({ name: index, open: status === 'open' })));

const SnapshotStats = z.object({ total: z.object({ file_count: z.int(), size_in_bytes: z.number() }) });

/** `GET /_snapshot/{repository}/{name}/_status` of one that has ended: what each shard of it holds. */
export const SnapshotStatuses = z.object({
  snapshots: z.array(
    z.object({
      snapshot: z.string(),
      state: z.string(),
      indices: z
        .record(
          z.string(),
          z.object({ shards: z.record(z.string().regex(/^\d{1,5}$/), z.object({ stage: z.string(), stats: SnapshotStats })) }),
        )
        .default({}),
    }),
  ),
});
export type SnapshotStatuses = z.infer<typeof SnapshotStatuses>;

/** `POST /_snapshot/{repository}/{name}/_restore?wait_for_completion=false`. */
export const RestoreAccepted = z.object({ accepted: z.literal(true) });

/** `false`: not every node has heard of it yet. */
export const Acknowledged = z.object({ acknowledged: z.boolean() });

const Origin = z.object({ type: z.string(), repository: z.string().nullish(), snapshot: z.string().nullish() });

const Unassigned = z.object({
  reason: z.string(),
  details: z.string().nullish(),
  allocation_status: z.string().nullish(),
});

const RoutedShard = z.object({
  state: z.string(),
  primary: z.boolean(),
  shard: z.int(),
  recovery_source: Origin.nullish(), // until it has started
  unassigned_info: Unassigned.nullish(),
});
export type RoutedShard = z.infer<typeof RoutedShard>;

/** `GET /_cluster/state/routing_table/{indices}?filter_path=routing_table.indices`: every copy of every shard, placed or not. */
export const RoutingTable = z.object({
  routing_table: z
    .object({
      indices: z.record(z.string(), z.object({ shards: z.record(z.string(), z.array(RoutedShard)) })).default({}),
    })
    .default({ indices: {} }),
});

const Recovery = z.object({
  id: z.int(),
  type: z.string(),
  stage: z.string(),
  primary: z.boolean(),
  source: z.object({ repository: z.string().nullish(), snapshot: z.string().nullish() }).nullish(),
  index: z.object({
    size: z.object({ total_in_bytes: z.number(), recovered_in_bytes: z.number() }),
    files: z.object({ total: z.int() }),
  }),
});
export type Recovery = z.infer<typeof Recovery>;

/** `GET /{indices}/_recovery`: where each placed copy of a shard got its data from. */
export const Recoveries = z.record(z.string(), z.object({ shards: z.array(Recovery).default([]) }));

/** `GET /{index}/_count`, with `?q=` too. */
export const Counted = z.object({
  count: z.int(),
  _shards: z.object({ total: z.int(), successful: z.int(), failed: z.int() }),
});

/** `GET /{indices}/_alias`. */
export const AliasesByIndex = z.record(z.string(), z.object({ aliases: z.record(z.string(), z.unknown()).default({}) }));

/** `GET /_index_template/{patterns}`. */
export const IndexTemplates = z.object({
  index_templates: z.array(z.object({ name: z.string(), index_template: z.unknown() })).default([]),
});

/** `GET /_component_template/{patterns}`. */
export const ComponentTemplates = z.object({
  component_templates: z.array(z.object({ name: z.string(), component_template: z.unknown() })).default([]),
});

/** `GET /{indices}/_settings/index.provided_name?flat_settings=true`: the name under which an index was made; a restore keeps it. */
export const ProvidedNames = z.record(
  z.string(),
  z.object({ settings: z.object({ 'index.provided_name': z.string().nullish() }) }),
);
