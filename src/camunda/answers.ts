import { SafepointError } from '../contract/errors.ts';
import { isJson, parseJson, quoted, unexpectedAnswer, type HttpAnswer } from '../system/http/answer.ts';
import { ErrorBody } from './schema/actuator.ts';

/** What the component itself says in an error body, whatever its shape; else the body. To be read; to be shown only `quoted`. */
export function errorText(answer: HttpAnswer): string {
  const body = errorBody(answer);
  if (body === null) return answer.text;
  const { error } = body;
  const reason = typeof error === 'object' && error !== null ? [error.type, error.reason] : [error];
  const texts = [body.message, body.errorMessage, body.detailedMessage, body.title, body.detail, ...reason];
  return texts.filter((text) => typeof text === 'string' && text !== '').join(', ') || answer.text;
}

/** 404 for a path that the process does not have, as Spring or a proxy says it; not a component's word on a missing backup. */
export function isUnknownPath(answer: HttpAnswer): boolean {
  if (answer.status !== 404) return false;
  const body = errorBody(answer);
  return body === null ? answer.text !== '' : typeof body.path === 'string' && typeof body.error === 'string';
}

/** An error for an answer that is none of those documented: 5xx with a body of the component may pass, the rest won't. */
export function unexpectedStatus(answer: HttpAnswer): SafepointError {
  if (answer.status >= 500 && errorBody(answer) !== null) return retryLater(answer);
  return unexpectedAnswer(answer, String(answer.status));
}

/** The answer, which was given with 200. */
export function requireOk(answer: HttpAnswer): HttpAnswer {
  if (answer.status !== 200) throw unexpectedStatus(answer);
  return answer;
}

/** The component can't do it now; the same call under the same id may succeed later. */
export function retryLater(answer: HttpAnswer): SafepointError {
  const message = `${answer.request} answered ${answer.status}${quoted(errorText(answer))}; it is tried again`;
  return new SafepointError('EndpointUnreachable', message);
}

export function refused(answer: HttpAnswer, next = 'do what this answer says'): SafepointError {
  const message = `${answer.request} answered ${answer.status}${quoted(errorText(answer))}; ${next}`;
  return new SafepointError('PartRefused', message);
}

function errorBody(answer: HttpAnswer): ErrorBody | null {
  if (!isJson(answer)) return null;
  try {
    return ErrorBody.safeParse(parseJson(answer)).data ?? null;
  } catch {
    return null;
  }
}
