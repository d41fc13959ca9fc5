import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import { SafepointError } from '../contract/errors.ts';
import { rememberSecret } from '../system/redact.ts';

export type Transport = { caFile?: string; proxy?: string };

const maxSockets = 50;
/** Without a byte in either direction. */
export const idleTimeoutMs = 120_000;
const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];

/**
 * Connections of a store: its own authority beside those of the system, through the proxy of the config or else that of
 * the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). Fails with `InvalidConfig` when the file cannot be read.
 */
export function createAgents(
  store: string,
  { caFile, proxy }: Transport,
  idleMs = idleTimeoutMs,
): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const proxyEnv = proxy === undefined ? environmentProxy() : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const options = { keepAlive: true, maxSockets, proxyEnv };
  return {
    httpAgent: endingInTime(new HttpAgent(options), idleMs),
    httpsAgent: endingInTime(
      new HttpsAgent({
        ...options,
        ...(caFile !== undefined && { ca: [...getCACertificates('default'), readAuthority(store, caFile)] }),
      }),
      idleMs,
    ),
  };
}

type WithRequests = { addRequest(request: ClientRequest, ...rest: unknown[]): void };

/** Not every SDK ends a request of which nothing more will come, and none one whose answer came early. */
function endingInTime<T extends HttpAgent>(agent: T, idleMs: number): T {
  const inner = agent as unknown as WithRequests;
  const addRequest = inner.addRequest.bind(agent);
  inner.addRequest = (request, ...rest) => {
    endWhenIdle(request, idleMs);
    endWhenAnswered(request);
    addRequest(request, ...rest);
  };
  return agent;
}

function endWhenIdle(request: ClientRequest, idleMs: number): void {
  request.setTimeout(idleMs, () => {
    const error = new Error(`no byte came or went for ${Math.round(idleMs / 1000)} s`);
    request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  });
}

/**
 * A part may be refused before all of it was sent, and be sent again on another connection. The first would go on sending, from
 * memory that is used for something else once the second is done (docs/decisions/0025-memory-of-dumps.md).
 */
function endWhenAnswered(request: ClientRequest): void {
  request.once('response', (response) => {
    response.once('end', () => {
      if (!request.writableFinished) request.socket?.destroy();
    });
  });
}

/** A proxy of the environment may carry a password, which an error could quote. */
function environmentProxy(): NodeJS.ProcessEnv {
  for (const name of proxyVariables) {
    const password = URL.parse(process.env[name] ?? '')?.password;
    if (password) rememberSecret(`environment variable ${name}`, decodeURIComponent(password));
  }
  return process.env;
}

function readAuthority(store: string, file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  } catch (cause) {
    throw new SafepointError('InvalidConfig', `stores.${store}.caFile: ${file} cannot be read`, { cause });
  }
  throw new SafepointError('InvalidConfig', `stores.${store}.caFile: ${file} has no certificate in PEM`);
}
