import { request, type Agent } from 'undici';
import type { Endpoint } from '../config/endpoints.ts';
import { SafepointError } from '../contract/errors.ts';
import { excerpt, quoted, unexpectedAnswer, type HttpAnswer } from './http/answer.ts';
import { createAgent } from './http/connect.ts';
import { readSecret } from './secrets.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_BODY_LIMIT_BYTES = 8 * 1024 * 1024;

export type HttpCall = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string; // below the base URL of the endpoint, or a whole URL
  body?: string; // JSON; with PATCH a JSON merge patch, RFC 7396
  timeoutMs?: number; // for the whole exchange; default 10 s
  bodyLimitBytes?: number; // default 8 MiB
  signal?: AbortSignal;
};

/** One HTTP endpoint. Redirects are not followed; credentials go to the origin of the endpoint only. */
export interface HttpClient {
  readonly component: string; // for people: `operate`
  readonly url: string; // base URL without credentials and trailing slash
  /**
   * One request and its answer, whatever the status. Fails with `EndpointUnreachable` (no answer in time) or
   * `UnexpectedAnswer` (body too long); when the caller's signal is aborted, with the reason of that signal as it is.
   */
  exchange(call: HttpCall): Promise<HttpAnswer>;
  /** As `exchange`; also fails with `AccessDenied` (401, 403), `EndpointUnreachable` (502, 503, 504), `UnexpectedAnswer` (redirect). */
  ask(call: HttpCall): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export function createHttpClient(component: string, endpoint: Endpoint): HttpClient {
  const agent = createAgent(endpoint);
  const url = withoutCredentials(endpoint.url).replace(/\/+$/, '');

  async function exchange(call: HttpCall): Promise<HttpAnswer> {
    const target = call.path.startsWith('/') ? url + call.path : withoutCredentials(call.path);
    return await send({ agent, endpoint, target, name: `${component}: ${call.method} ${target}`, call });
  }

  return {
    component,
    url,
    exchange,
    ask: async (call) => requireAnswer(await exchange(call)),
    close: () => agent.destroy(),
  };
}

type Sending = { agent: Agent; endpoint: Endpoint; target: string; name: string; call: HttpCall };

async function send({ agent, endpoint, target, name, call }: Sending): Promise<HttpAnswer> {
  call.signal?.throwIfAborted();
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  const headers = {
    accept: 'application/json, */*;q=0.1',
    ...contentType(call),
    ...authorization(endpoint, target),
  };
  const startedAt = performance.now();
  try {
    const response = await request(target, {
      dispatcher: agent,
      method: call.method,
      headers,
      body: call.body,
      signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await readBody(response.body, call.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES, name);
    return {
      request: name,
      status: response.statusCode,
      contentType: firstOf(response.headers['content-type']) ?? '',
      text,
      date: firstOf(response.headers.date) ?? null,
      tookMs: Math.round(performance.now() - startedAt),
    };
  } catch (error) {
    // The caller's reason must reach it unchanged: Temporal tells a cancellation by it.
    call.signal?.throwIfAborted();
    if (error instanceof SafepointError) throw error;
    const why = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : describeFault(error);
    const next = 'check that the process runs and that its URL and tls in the config are right';
    throw new SafepointError('EndpointUnreachable', `${name} failed, ${why}; ${next}`, { cause: error });
  }
}

function requireAnswer(answer: HttpAnswer): HttpAnswer {
  const { request: name, status, text } = answer;
  if (status === 401 || status === 403) {
    const next = 'check the credentials in the config and the permissions of that user';
    throw new SafepointError('AccessDenied', `${name} answered ${status}${quoted(text)}; ${next}`);
  }
  if (status >= 502 && status <= 504) {
    throw new SafepointError(
      'EndpointUnreachable',
      `${name} answered ${status}${quoted(text)}; it is tried again`,
    );
  }
  if (status >= 300 && status < 400)
    throw unexpectedAnswer(answer, `${status}, a redirect, which is never followed`);
  return answer;
}

async function readBody(body: AsyncIterable<Buffer>, limitBytes: number, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw new SafepointError(
        'UnexpectedAnswer',
        `${name} answered more than ${limitBytes} bytes; check that the URL is right`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function contentType({ method, body }: HttpCall): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
}

/** Read at each request, so that a rotated secret takes effect. */
function authorization({ auth, url }: Endpoint, target: string): Record<string, string> {
  if (auth === undefined || new URL(target).origin !== new URL(url).origin) return {};
  if (auth.type === 'bearer') return { authorization: `Bearer ${readSecret(auth.token)}` };
  const pair = Buffer.from(`${auth.username}:${readSecret(auth.password)}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}

function describeFault(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return excerpt(String(error));
  const message = String(error.message);
  const code = 'code' in error ? String(error.code) : '';
  return excerpt(message.includes(code) ? message : `${code} ${message}`);
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
