import { z } from 'zod';
import { callJsonOk } from '../stack/http.ts';
import { poll } from '../stack/poll.ts';

/*
 * The broker's own view of its exporter (`actuator/partitions`), read without any help of the product under test.
 */

const Partitions = z.record(
  z.string(),
  z.object({
    exporterPhase: z.string(),
    processedPosition: z.number(),
    exportedPosition: z.number(),
    snapshotId: z.string().nullable(),
  }),
);
export type Partitions = z.infer<typeof Partitions>;

/** A buffered bulk is 2 s old at most, and the rest is the machine's. */
const LAG_LIMIT_MS = 6_000;
const DEADLINE_MS = 120_000;

/** By partition id. */
export async function readPartitions(brokerManagementUrl: string): Promise<Partitions> {
  return Partitions.parse(await callJsonOk('GET', `${brokerManagementUrl}/actuator/partitions`));
}

/**
 * Waits until the exporter keeps up with the engine: whatever was processed is exported a few seconds later. Behind a
 * lagging exporter even a wrong order of the parts leaves no trace.
 */
export async function untilCaughtUp(brokerManagementUrl: string): Promise<void> {
  let target: Partitions = {};
  let takenAtMs = -Infinity;
  await poll('the exporter to keep up with the engine', DEADLINE_MS, async () => {
    const now = await readPartitions(brokerManagementUrl);
    if (performance.now() - takenAtMs > LAG_LIMIT_MS) {
      target = now;
      takenAtMs = performance.now();
      return undefined;
    }
    const reached = Object.entries(target).every(
      ([id, { processedPosition }]) => (now[id]?.exportedPosition ?? -1) >= processedPosition,
    );
    return reached ? true : undefined;
  });
}

/**
 * Makes every partition take a raft snapshot, which it does by itself only each five minutes. The one in a backup says
 * where a restored exporter starts; without one it exports everything again, and a hole in the records would not show.
 */
async function takeRaftSnapshots(brokerManagementUrl: string): Promise<void> {
  const before = await readPartitions(brokerManagementUrl);
  await callJsonOk('POST', `${brokerManagementUrl}/actuator/partitions/takeSnapshot`);
  await poll('raft snapshots of all partitions', DEADLINE_MS, async () => {
    const now = await readPartitions(brokerManagementUrl);
    const taken = Object.entries(now).every(
      ([id, { snapshotId }]) => snapshotId !== null && snapshotId !== before[id]?.snapshotId,
    );
    return taken ? true : undefined;
  });
}

/** The state in which a wrong order does damage: a healthy cluster, whose raft snapshots are young. */
export async function makeReady(brokerManagementUrl: string): Promise<void> {
  await untilCaughtUp(brokerManagementUrl);
  await takeRaftSnapshots(brokerManagementUrl);
}
