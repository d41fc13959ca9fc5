import { z } from 'zod';
import type { Checkpoints } from './truth.ts';
import { callJsonOk } from '../stack/http.ts';

/** Exported records on both sides of the checkpoints, all partitions together. */
export type RecordCounts = { upTo: number; beyond: number };

const Count = z.object({ count: z.number() });

/** A record exported twice is one document, so equal counts mean equal records. */
export async function countRecords(searchUrl: string, checkpoints: Checkpoints): Promise<RecordCounts> {
  await callJsonOk('POST', `${searchUrl}/zeebe-record*/_refresh`);
  const counts = { upTo: 0, beyond: 0 };
  for (const [partitionId, position] of checkpoints) {
    counts.upTo += await countRange(searchUrl, partitionId, { lte: position });
    counts.beyond += await countRange(searchUrl, partitionId, { gt: position });
  }
  return counts;
}

async function countRange(searchUrl: string, partitionId: number, range: object): Promise<number> {
  const filter = [{ term: { partitionId } }, { range: { position: range } }];
  const answer = await callJsonOk('POST', `${searchUrl}/zeebe-record*/_count`, {
    query: { bool: { filter } },
  });
  return Count.parse(answer).count;
}
