import { excerpt, isJson, parseJson, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { managedProcesses, type ClusterEndpoints } from './endpoints.ts';
import type { CallOptions, Health } from './port.ts';
import { ActuatorHealth } from './schema/actuator.ts';

const HEALTH_PATH = '/actuator/health';

/** Health of every process with an actuator; one that is down, or denies access, is reported, not thrown. */
export async function readHealth(endpoints: ClusterEndpoints, options?: CallOptions): Promise<Health[]> {
  return await Promise.all(managedProcesses(endpoints).map((http) => readOne(http, options)));
}

async function readOne(http: HttpClient, options?: CallOptions): Promise<Health> {
  const { component, url } = http;
  const answer = await tryCall(http, HEALTH_PATH, options);
  if (answer instanceof Error) return { component, url, up: false, seen: answer.message };
  const health = readBody(answer);
  return {
    component,
    url,
    up: answer.status === 200 && health?.status === 'UP',
    seen: describe(answer, health),
  };
}

/** `Date` headers, rounded to seconds by HTTP; a component that is down or sends none is missing. */
export async function readClocks(
  endpoints: ClusterEndpoints,
  options?: CallOptions,
): Promise<{ component: string; at: string }[]> {
  const clocks = managedProcesses(endpoints).map(async (http) => {
    const answer = await tryCall(http, HEALTH_PATH, options);
    const atMs = answer instanceof Error || answer.date === null ? Number.NaN : Date.parse(answer.date);
    return Number.isNaN(atMs) ? [] : [{ component: http.component, at: new Date(atMs).toISOString() }];
  });
  return (await Promise.all(clocks)).flat();
}

export type Probe = { app: string; http: HttpClient; probeUrl?: string };

/** What a user would notice: one request to each application, and how long it took. Below 500 counts as answered. */
export async function probeApps(
  probes: Probe[],
  options?: CallOptions,
): Promise<{ app: string; ok: boolean; tookMs: number }[]> {
  return await Promise.all(
    probes.map(async ({ app, http, probeUrl }) => {
      const startedAt = performance.now();
      const answer = await tryCall(http, probeUrl ?? HEALTH_PATH, options);
      const ok = !(answer instanceof Error) && answer.status < 500;
      return { app, ok, tookMs: Math.round(performance.now() - startedAt) };
    }),
  );
}

/** The failure as a value, unless the caller gave up. */
async function tryCall(http: HttpClient, path: string, options?: CallOptions): Promise<HttpAnswer | Error> {
  try {
    return await http.exchange({ method: 'GET', path, ...options });
  } catch (error) {
    options?.signal?.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}

function readBody(answer: HttpAnswer): ActuatorHealth | null {
  if (!isJson(answer)) return null;
  try {
    return ActuatorHealth.safeParse(parseJson(answer)).data ?? null;
  } catch {
    return null;
  }
}

function describe({ status, text }: HttpAnswer, health: ActuatorHealth | null): string {
  if (health === null) return `HTTP ${status} ${excerpt(text)}`.trim();
  const bad = Object.entries(health.components ?? {})
    .filter(([, component]) => component.status !== undefined && component.status !== 'UP')
    .map(([name, component]) => `${name} ${component.status ?? ''}`);
  return excerpt(bad.length === 0 ? health.status : `${health.status} (${bad.join(', ')})`);
}
