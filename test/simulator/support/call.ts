/** Status and body of an answer; JSON when it is some. */
export type CallResult = { status: number; body: unknown; text: string; headers: Headers };

/** One request as the product's client would send it. */
export async function call(
  method: string,
  url: string,
  { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<CallResult> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  return { status: response.status, body: parse(text), text, headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Asks again and again until the answer is as wanted; 5 s at most. */
export async function until<T>(ask: () => T | Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 5000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`Not in 5 s; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The `state` of a backup, or the HTTP status when there is none. */
export async function stateOf(url: string): Promise<unknown> {
  const { status, body } = await call('GET', url);
  return status === 200 ? (body as { state: string }).state : status;
}
