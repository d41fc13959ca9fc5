import { SafepointError } from '../contract/errors.ts';
import { isJson } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { managedProcesses, type ClusterEndpoints } from './endpoints.ts';
import type { CallOptions, Running } from './port.ts';

/** Nobody listens, or the name is gone with the process, as that of a pod. A timeout proves nothing. */
const NOBODY = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH'];
/** What a proxy answers that has nobody behind it; a process that is unwell says so in JSON. */
const OF_A_PROXY = [502, 503, 504];

/** Processes of the cluster that answer, or may; empty when all are proven to be stopped. */
export async function findRunning(endpoints: ClusterEndpoints, options?: CallOptions): Promise<Running[]> {
  const all = [...managedProcesses(endpoints), endpoints.restApi].filter((http) => http !== undefined);
  const seen = await Promise.all(all.map((http) => lookAt(http, options)));
  return seen.filter((each) => each !== null);
}

async function lookAt(http: HttpClient, options?: CallOptions): Promise<Running | null> {
  const { component, url } = http;
  try {
    const answer = await http.exchange({
      method: 'GET',
      path: '/actuator/health',
      timeoutMs: 5_000,
      ...options,
    });
    if (OF_A_PROXY.includes(answer.status) && !isJson(answer)) return null;
    return { component, url, seen: `answers ${answer.status}` };
  } catch (error) {
    options?.signal?.throwIfAborted();
    if (!(error instanceof SafepointError)) throw error;
    return NOBODY.includes(codeOf(error.cause)) ? null : { component, url, seen: error.message };
  }
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}
