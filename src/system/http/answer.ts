import type { z } from 'zod';
import { SafepointError } from '../../contract/errors.ts';
import { redact } from '../redact.ts';

const EXCERPT_LENGTH = 300;
/** What is searched for secrets: longer than any that could begin in an excerpt. */
const SEARCHED_LENGTH = 32_768;

/** What came back for one request, whatever its status. */
export type HttpAnswer = {
  request: string; // for messages: `operate: GET http://operate:9600/actuator/backups`, without credentials
  status: number;
  contentType: string;
  text: string;
  date: string | null; // the `Date` header as it came
  tookMs: number;
};

/**
 * The body as JSON of the given shape. Fails with `UnexpectedAnswer`: another content type, no JSON, another shape.
 * Whole numbers beyond 2^53 arrive as decimal strings, so that an id never changes on the way.
 */
export function readJson<T>(answer: HttpAnswer, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(answer));
  if (parsed.success) return parsed.data;

  const [issue] = parsed.error.issues;
  const where =
    issue === undefined || issue.path.length === 0 ? 'the body' : excerpt(issue.path.map(String).join('.'));
  throw unexpectedAnswer(answer, `JSON of an unknown shape (${where}: ${issue?.message ?? 'invalid'})`);
}

export function parseJson(answer: HttpAnswer): unknown {
  if (!isJson(answer))
    throw unexpectedAnswer(answer, `${excerpt(answer.contentType) || 'no content type'} instead of JSON`);
  try {
    return JSON.parse(answer.text, keepLongIntegers) as unknown;
  } catch {
    throw unexpectedAnswer(answer, answer.text === '' ? 'an empty body' : 'a body that is no JSON');
  }
}

/** Some proxies drop the content type; then the body itself decides. */
export function isJson({ contentType, text }: HttpAnswer): boolean {
  return contentType === '' ? /^\s*[[{"]/.test(text) : /\bjson\b/i.test(contentType);
}

export function unexpectedAnswer(answer: HttpAnswer, what: string): SafepointError {
  const next = 'check that the URL is the address of this component and not of a proxy';
  return new SafepointError(
    'UnexpectedAnswer',
    `${answer.request} answered ${what}${quoted(answer.text)}; ${next}`,
  );
}

/** One line of at most 300 characters, fit for a message: an endpoint may quote the credentials that we sent. */
export function excerpt(text: string): string {
  const start = text.replaceAll(/\s+/g, ' ').trim().slice(0, SEARCHED_LENGTH);
  const line = redact(start);
  return line.length <= EXCERPT_LENGTH ? line : `${line.slice(0, EXCERPT_LENGTH)}…`;
}

/** The excerpt as a part of a sentence: ` "…"`, or nothing. */
export function quoted(text: string): string {
  const line = excerpt(text);
  return line === '' ? '' : ` "${line}"`;
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}
