import { isJson, parseJson } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { SafepointError } from '../contract/errors.ts';
import { managedProcesses, type ClusterEndpoints } from './endpoints.ts';
import type { CallOptions, ReportedSettings } from './port.ts';
import { ConfigProperties } from './schema/actuator.ts';

/** What each process reports of its settings; all `null` where it reports none. Best effort: a setting left at its default is not reported. */
export async function readSettings(
  endpoints: ClusterEndpoints,
  options?: CallOptions,
): Promise<ReportedSettings[]> {
  return await Promise.all(
    managedProcesses(endpoints).map(async (http) =>
      toSettings(http.component, await readProperties(http, options)),
    ),
  );
}

async function readProperties(http: HttpClient, options?: CallOptions): Promise<Map<string, unknown>> {
  try {
    const answer = await http.ask({ method: 'GET', path: '/actuator/configprops', ...options });
    if (answer.status !== 200 || !isJson(answer)) return new Map();
    return flattenBeans(ConfigProperties.safeParse(parseJson(answer)).data);
  } catch (error) {
    if (error instanceof SafepointError) return new Map();
    throw error; // the caller gave up
  }
}

/** Keys as releases write them since 8.3, in lower case and without dashes; the first that is set counts. */
function toSettings(component: string, properties: Map<string, unknown>): ReportedSettings {
  const text = (pattern: RegExp) => texts(properties, pattern)[0] ?? null;
  const continuous = text(
    /\.(data\.backup|primarystorage\.backup)\.continuous$|experimental\.continuousbackups$/,
  );
  return {
    component,
    repository: text(/\.backup\.repositoryname$/),
    indexPrefix:
      text(ownPrefix(component)) ??
      text(/\.(secondarystorage\.(elasticsearch|opensearch)|database)\.indexprefix$/),
    backupStore: text(/\.data\.(primarystorage\.)?backup\.store$/),
    flushDelayMs: longestFlushMs(properties),
    continuousBackups: continuous === null ? null : continuous === 'true',
  };
}

function ownPrefix(component: string): RegExp {
  return new RegExp(
    `^(camunda\\.)?${component}\\.(elasticsearch|opensearch|database)\\.(indexprefix|settings\\.index\\.prefix)$`,
  );
}

/** Exporters give their bulk delay in seconds. */
function longestFlushMs(properties: Map<string, unknown>): number | null {
  const delays = texts(properties, /\.exporters\.[^.]+\.args\.bulk\.delay$/)
    .map((seconds) => Number(seconds) * 1000)
    .filter((delayMs) => delayMs >= 0 && Number.isFinite(delayMs));
  return delays.length === 0 ? null : delays.reduce((longest, delayMs) => Math.max(longest, delayMs));
}

/** Values that are set and not masked, as text. */
function texts(properties: Map<string, unknown>, pattern: RegExp): string[] {
  return [...properties]
    .filter(([key]) => pattern.test(key))
    .map(([, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : '',
    )
    .filter((value) => value !== '' && !/^\*+$/.test(value));
}

function flattenBeans(answer: ConfigProperties | undefined): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const beans = Object.values(answer?.contexts ?? {}).flatMap(({ beans }) => Object.values(beans));
  for (const { prefix, properties } of beans) flatten(prefix ?? '', properties, found);
  return found;
}

function flatten(path: string, value: unknown, found: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null) {
    found.set(path.toLowerCase().replaceAll('-', ''), value);
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(`${path}.${key}`, inner, found);
}
