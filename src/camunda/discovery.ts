import { SafepointError } from '../contract/errors.ts';
import { excerpt, isJson, parseJson, readJson } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { errorText, isUnknownPath, unexpectedStatus } from './answers.ts';
import type { ClusterEndpoints } from './endpoints.ts';
import type { CallOptions } from './port.ts';
import { rememberFor } from './remember.ts';
import { ActuatorIndex } from './schema/actuator.ts';

/** Long enough to spare a call for each poll, short enough that an upgrade of the cluster is seen. */
const TTL_MS = 60_000;

/** A backup endpoint: the process, and the path below its base URL. */
export type BackupEndpoint = { http: HttpClient; path: string; name: string };

export type HistoryPart = 'webapps' | 'operate' | 'tasklist';

/** Which backup endpoints the processes offer, by `GET /actuator`; nothing is triggered to find out. */
export interface Discovery {
  zeebe(options?: CallOptions): Promise<BackupEndpoint>;
  history(options?: CallOptions): Promise<Map<HistoryPart, BackupEndpoint>>;
  optimize(options?: CallOptions): Promise<BackupEndpoint | null>; // null: not in the config
}

export function createDiscovery(endpoints: ClusterEndpoints): Discovery {
  const { zeebe, optimize } = endpoints;
  return {
    zeebe: rememberFor(TTL_MS, (options) => findZeebe(zeebe, options)),
    history: rememberFor(TTL_MS, (options) => findHistory(endpoints, options)),
    optimize: rememberFor(TTL_MS, async (options) =>
      optimize === undefined ? null : await findBackupEndpoint(optimize, ['backups'], options),
    ),
  };
}

async function findZeebe(zeebe: HttpClient, options?: CallOptions): Promise<BackupEndpoint> {
  const endpoint = await findBackupEndpoint(zeebe, ['backupRuntime', 'backups'], options);
  if (endpoint.name === 'backupRuntime' || (await isZeebe(zeebe, options))) return endpoint;
  throw new SafepointError(
    'UnexpectedAnswer',
    `zeebe: ${zeebe.url}/actuator/backups is not the one of a Zeebe gateway or broker, which offers exporting too; correct the URL`,
  );
}

/** From 8.8 one endpoint covers Operate and Tasklist, whichever of them offers it; before, each has its own. */
async function findHistory(
  { webapps, operate, tasklist }: ClusterEndpoints,
  options?: CallOptions,
): Promise<Map<HistoryPart, BackupEndpoint>> {
  if (webapps !== undefined) {
    return new Map([['webapps', await findBackupEndpoint(webapps, ['backupHistory'], options)]]);
  }
  const found = new Map<HistoryPart, BackupEndpoint>();
  for (const [part, http] of [
    ['operate', operate],
    ['tasklist', tasklist],
  ] as const) {
    if (http === undefined) continue;
    const endpoint = await findBackupEndpoint(http, ['backupHistory', 'backups'], options);
    if (endpoint.name === 'backupHistory') return new Map([['webapps', endpoint]]);
    await refuseBroker(http, options);
    found.set(part, endpoint);
  }
  return found;
}

/** The first of the names that the process offers. Without a usable index the lists themselves are asked; a GET changes nothing. */
async function findBackupEndpoint(
  http: HttpClient,
  names: string[],
  options?: CallOptions,
): Promise<BackupEndpoint> {
  const index = await readIndex(http, options);
  for (const name of names) {
    if (index?.has(name)) return { http, path: `/actuator/${name}`, name };
  }
  for (const name of names) {
    if (await answersAsBackups(http, name, options)) return { http, path: `/actuator/${name}`, name };
  }
  const offered =
    index === null ? 'has no index' : `offers only ${excerpt([...index].join(', ')) || 'nothing'}`;
  throw new SafepointError(
    'UnexpectedAnswer',
    `${http.component}: ${http.url}/actuator ${offered} and there is no ${names.join(' or ')} below it; ` +
      'correct the URL, or enable it with management.endpoints.web.exposure.include (up to 8.7, give operate and tasklist instead of webapps)',
  );
}

/**
 * In a process that runs broker and web applications together (8.6, 8.7), `backups` is the one of Zeebe: a backup
 * started there would be Zeebe's.
 */
async function refuseBroker(http: HttpClient, options?: CallOptions): Promise<void> {
  if (!(await isZeebe(http, options))) return;
  throw new SafepointError(
    'UnexpectedAnswer',
    `${http.component}: ${http.url}/actuator/backups belongs to the broker that runs in the same process; ` +
      'run this application as a process of its own, or correct the URL',
  );
}

/** `null`: the process has no index (management.endpoints.web.discovery.enabled=false). */
async function readIndex(http: HttpClient, options?: CallOptions): Promise<Set<string> | null> {
  const answer = await http.ask({ method: 'GET', path: '/actuator', ...options });
  if (answer.status === 404) return null;
  if (answer.status !== 200) throw unexpectedStatus(answer);
  return new Set(Object.keys(readJson(answer, ActuatorIndex)._links).filter((name) => name !== 'self'));
}

async function answersAsBackups(http: HttpClient, name: string, options?: CallOptions): Promise<boolean> {
  const answer = await http.ask({ method: 'GET', path: `/actuator/${name}`, ...options });
  if (isUnknownPath(answer) || !isJson(answer)) return false;
  return answer.status === 200
    ? Array.isArray(parseJson(answer))
    : /backup|repositor/i.test(errorText(answer));
}

/** Only Zeebe offers `exporting`; without an index its cluster layout, or a broker's partitions, tell it. */
async function isZeebe(http: HttpClient, options?: CallOptions): Promise<boolean> {
  const index = await readIndex(http, options);
  if (index !== null && ['exporting', 'partitions', 'cluster', 'rebalance'].some((name) => index.has(name)))
    return true;
  for (const path of ['/actuator/cluster', '/actuator/partitions']) {
    const answer = await http.ask({ method: 'GET', path, ...options });
    if (answer.status === 200 && isJson(answer)) return true;
  }
  return false;
}
