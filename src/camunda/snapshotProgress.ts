import { readJson } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import type { CallOptions } from './port.ts';
import { SnapshotProgress } from './schema/searchEngine.ts';

/** Numbers that grow while a snapshot runs: shards done, shards in all, bytes written. [] when it runs no more. */
export type ReadProgress = (name: string, options?: CallOptions) => Promise<number[]>;

export function createProgressReader(http: HttpClient, repository: string): ReadProgress {
  return async (name, options) => {
    const path = `/_snapshot/${encodeURIComponent(repository)}/${encodeURIComponent(name)}/_status`;
    const answer = await http.ask({ method: 'GET', path, ...options });
    if (answer.status !== 200) return [];
    const [snapshot] = readJson(answer, SnapshotProgress).snapshots;
    const { shards_stats: shards, stats } = snapshot ?? {};
    return [shards?.done ?? 0, shards?.total ?? 0, stats?.processed?.size_in_bytes ?? 0];
  };
}
