import type { ClusterConfig } from '../config/schema.ts';
import { createHttpClient, type HttpClient } from '../system/http.ts';

/** The processes of one cluster by name. */
export type ClusterEndpoints = {
  zeebe: HttpClient;
  brokers: HttpClient[]; // every broker; `zeebe` itself where its address is the same
  restApi?: HttpClient;
  webapps?: HttpClient;
  operate?: HttpClient;
  tasklist?: HttpClient;
  optimize?: HttpClient;
  searchEngine: HttpClient;
};

export function openEndpoints(config: ClusterConfig): ClusterEndpoints {
  const zeebe = createHttpClient('zeebe', config.zeebe);
  const brokers = (config.brokers ?? []).map((endpoint, index) =>
    createHttpClient(`broker ${index + 1}`, endpoint),
  );
  const optional = (['restApi', 'webapps', 'operate', 'tasklist', 'optimize'] as const).flatMap((name) => {
    const endpoint = config[name];
    return endpoint === undefined ? [] : [[name, createHttpClient(name, endpoint)] as const];
  });
  return {
    zeebe,
    brokers:
      brokers.length === 0 ? [zeebe] : brokers.map((broker) => (broker.url === zeebe.url ? zeebe : broker)),
    ...Object.fromEntries(optional),
    searchEngine: createHttpClient('search engine', config.searchEngine),
  };
}

/** Processes with an actuator, each once, in the order of the parts. */
export function managedProcesses(endpoints: ClusterEndpoints): HttpClient[] {
  const { zeebe, brokers, webapps, operate, tasklist, optimize } = endpoints;
  const all = [zeebe, ...brokers, webapps, operate, tasklist, optimize].filter((http) => http !== undefined);
  return [...new Set(all)];
}

export async function closeEndpoints(endpoints: ClusterEndpoints): Promise<void> {
  const all = [...managedProcesses(endpoints), endpoints.restApi, endpoints.searchEngine];
  await Promise.all(all.map(async (http) => http?.close()));
}
