import type { Component } from '../options.ts';

/** Endpoint families; the third word of `WireFault.on`. */
export type EndpointName =
  | 'links' // GET /actuator
  | 'health'
  | 'configprops'
  | 'backup' // POST that starts a backup
  | 'status' // GET of one backup
  | 'list' // GET of all backups
  | 'state' // GET backupRuntime/state
  | 'delete'
  | 'pause'
  | 'resume'
  | 'partitions'
  | 'exporters'
  | 'cluster'
  | 'topology'
  | 'ready' // GET /v2/status
  | 'info' // GET / of the search engine
  | 'clusterHealth'
  | 'repository'
  | 'verify'
  | 'running' // _current and _status
  | 'snapshot' // GET, PUT and DELETE of a snapshot
  | 'indices'
  | 'deleteIndices'
  | 'restore'
  | 'shards' // _recovery and the routing table
  | 'count'
  | 'aliases'
  | 'templates'
  | 'settings'
  | 'allocation'
  | 'refresh'
  | 'search';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** `POST zeebe backup`, `GET operate *`, `* searchEngine /_snapshot/*`: in a path `*` stands for anything. */
export type FaultTarget = `${Method | '*'} ${Component | '*'} ${EndpointName | '*' | `/${string}`}`;

/** An answer in place of the real one; without `json` and `text` it is empty. */
export type FaultAnswer = { status: number; json?: unknown; text?: string; contentType?: string };

/** What goes wrong between a client and an endpoint. */
export type WireFault = {
  on: FaultTarget;
  broker?: number; // only this broker; default every one
  skip?: number; // lets this many requests through first; default 0
  times?: number; // default: for ever
  /** Before the endpoint did its work, or after. Default `before`. */
  when?: 'before' | 'after';
  delayMs?: number;
  /** It goes on when this settles. Nobody hears of the answer when the client has given up by then, but the work is done. */
  hold?: Promise<unknown>;
  /** The request arrives a second time, as proxies repeat them; the second answer is the one that comes. */
  twice?: boolean;
  /** The body comes in ten pieces, this far apart. */
  trickleMs?: number;
  /**
   * `reset` breaks the connection, `hang` never answers, `stale` is the first 200 that the same question ever got, as from a
   * cache or a replica that lags behind. Without an answer the real one comes, late.
   */
  answer?: FaultAnswer | 'reset' | 'hang' | 'stale';
};

/** Whether a request is one of those that the fault is about. */
export function isTarget(
  fault: WireFault,
  request: { method: string; component: Component; endpoint: EndpointName; path: string; broker: number },
): boolean {
  const [method, component, what = '*'] = fault.on.split(' ');
  if (method !== '*' && method !== request.method) return false;
  if (component !== '*' && component !== request.component) return false;
  if (fault.broker !== undefined && fault.broker !== request.broker) return false;
  if (!what.startsWith('/')) return what === '*' || what === request.endpoint;
  return globToRegExp(what).test(request.path);
}

/** A pattern in which `*` stands for anything, as search engines and fault targets write them. */
export function globToRegExp(glob: string): RegExp {
  const escaped = glob.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}
