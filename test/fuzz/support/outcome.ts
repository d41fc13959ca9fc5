import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { SafepointError } from '../../../src/contract/errors.ts';
import type { ForeignReply, ForeignServer } from './foreignServer.ts';
import { connect, type Call, type Generation } from './portCalls.ts';
import { validBodies } from './validBodies.ts';

const LONGEST_MS = 8_000;
const LONGEST_MESSAGE = 2_000;

/** `value` or `error`, and the requests that were sent for it. */
export type Outcome = { value?: unknown; error?: SafepointError; asked: string[] };

/** The answer to this request, if it is not the healthy one. */
export type BadReply = (line: string) => ForeignReply | undefined;

/** What the call came to; fails for anything but a value of the declared type or an error of the catalogue, in time. */
export async function outcomeOf(
  server: ForeignServer,
  { name, shape, send }: Call,
  generation: Generation,
  badReply: BadReply,
): Promise<Outcome> {
  const asked: string[] = [];
  server.lastTrigger = null;
  server.answer = (line) => {
    asked.push(line);
    return badReply(line) ?? healthy(line);
  };
  const client = connect(server.url, generation);
  try {
    const value = await Promise.race([send(client), tooLate(name)]);
    const check = shape.safeParse(value);
    if (!check.success) throw new Error(`${name} gave ${JSON.stringify(value)}: ${check.error.message}`);
    return { value, asked };
  } catch (error) {
    if (!(error instanceof SafepointError)) throw error;
    expect(error.message.length).toBeLessThan(LONGEST_MESSAGE);
    return { error, asked };
  } finally {
    await client.close();
  }
}

async function tooLate(name: string): Promise<never> {
  await sleep(LONGEST_MS, undefined, { ref: false });
  throw new Error(`${name} took more than ${LONGEST_MS} ms`);
}

function healthy(line: string): ForeignReply {
  const body = validBodies.get(line);
  return body === undefined
    ? { status: 404, type: 'application/json', body: '{"status":404,"error":"Not Found","path":"/x"}' }
    : { status: 200, type: 'application/json', body: JSON.stringify(body) };
}
