import { SafepointError } from '../contract/errors.ts';
import { quoted, type HttpAnswer } from '../system/http/answer.ts';
import { errorText } from './answers.ts';

/** No snapshot of that name; a missing repository is another thing. */
export function isMissing(answer: HttpAnswer): boolean {
  return answer.status === 404 && /snapshot_missing_exception/.test(answer.text);
}

export function isRepositoryMissing(answer: HttpAnswer): boolean {
  return /repository_missing_exception/.test(answer.text);
}

export function repositoryMissing(answer: HttpAnswer): SafepointError {
  return snapshotFailed(answer, 'the repository is not registered');
}

export function snapshotFailed(answer: HttpAnswer, what: string): SafepointError {
  const next = 'check the repository in the search engine';
  const message = `${answer.request} answered ${answer.status}${quoted(errorText(answer))}: ${what}; ${next}`;
  return new SafepointError('SnapshotFailed', message);
}
