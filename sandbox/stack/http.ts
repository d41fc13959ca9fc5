import { request } from 'undici';

export type JsonAnswer = { status: number; body: unknown };

const timeoutMs = 30_000;

/** One HTTP call with JSON both ways. Resolves for every status; an answer without a JSON body gives its text. */
export async function callJson(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: unknown,
): Promise<JsonAnswer> {
  const answer = await request(url, {
    method,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    ...(payload !== undefined && {
      body: JSON.stringify(payload),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: answer.statusCode, body: parseOrText(await answer.body.text()) };
}

/** Like `callJson`, but any status other than 2xx is an error that shows the answer. */
export async function callJsonOk(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: unknown,
): Promise<unknown> {
  const { status, body } = await callJson(method, url, payload);
  if (status < 200 || status > 299)
    throw new Error(`${method} ${url} answered ${status}: ${JSON.stringify(body).slice(0, 500)}`);
  return body;
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
