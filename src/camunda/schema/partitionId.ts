import { z } from 'zod';

/** Zeebe counts partitions from 1 and keeps their number in 13 bits of its keys. */
const MOST_PARTITIONS = 8191;

export const PartitionId = z.int().min(1).max(MOST_PARTITIONS);

/** A partition id as the key of a map. */
export const PartitionKey = z.string().regex(/^[1-9]\d{0,3}$/);

/** How many there are; -1 from a gateway that does not know yet, which is none. */
export const PartitionCount = z
  .int()
  .max(MOST_PARTITIONS)
  .transform((count) => Math.max(0, count));
