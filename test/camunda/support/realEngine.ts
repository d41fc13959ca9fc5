import { callJsonOk } from '../../../sandbox/stack/http.ts';
import { startOpenSearch, type OpenSearch } from '../../../sandbox/stack/opensearch.ts';
import { findMissing } from '../../../sandbox/stack/pieces.ts';
import { createCamundaClient } from '../../../src/camunda/client.ts';
import type { CamundaClient } from '../../../src/camunda/port.ts';
import { ClusterConfig } from '../../../src/config/schema.ts';
import { buildKept } from '../../support/keeper.ts';

export const START_MS = 300_000;

/** Why there is no OpenSearch on this machine; empty when there is one. */
export const whyNoEngine = (await findMissing(['opensearch']))
  .map(({ why, install }) => ` (skipped: ${why} Remedy: ${install})`)
  .join('');

export type RealEngine = {
  openSearch: OpenSearch;
  client: CamundaClient; // of a cluster that has nothing but the search engine
  call: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<unknown>;
  /** Without replicas unless told; documents `{n: 1}` and on. */
  createIndex: (
    name: string,
    options?: { shards?: number; documents?: number; body?: object },
  ) => Promise<void>;
  takeSnapshot: (name: string, indices: string[], options?: object) => Promise<void>;
  stop: () => Promise<void>;
};

/** A real OpenSearch of its own with the repository `camunda`. */
export function startRealEngine(): Promise<RealEngine> {
  return buildKept('engine', async ({ dataDir, keep, stop }) => {
    const openSearch = await keep(startOpenSearch({ dataDir }));
    const at = { url: openSearch.url };
    const client = createCamundaClient(ClusterConfig.parse({ zeebe: at, searchEngine: at, store: 'main' }));
    await keep({ stop: () => client.close() });
    const call: RealEngine['call'] = (method, path, body) => callJsonOk(method, openSearch.url + path, body);
    return {
      openSearch,
      client,
      call,
      async createIndex(name, { shards = 1, documents = 0, body = {} } = {}) {
        const settings = { number_of_shards: shards, number_of_replicas: 0 };
        await call('PUT', `/${name}`, { settings, ...body });
        for (let n = 1; n <= documents; n += 1) await call('POST', `/${name}/_doc`, { n });
      },
      async takeSnapshot(name, indices, options = {}) {
        const body = { indices: indices.join(','), include_global_state: false, ...options };
        await call('PUT', `/_snapshot/${openSearch.repository}/${name}?wait_for_completion=true`, body);
      },
      stop,
    };
  });
}
