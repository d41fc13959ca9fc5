import { redact } from '../system/redact.ts';

const longestReason = 500;

/**
 * The words of an SDK in one line, without secrets. Queries of URLs are cut out: those of signed URLs and of upload sessions
 * are as good as a password.
 */
export function describeReason(words: (string | number | false | null | undefined)[]): string {
  const text = redact(words.filter(Boolean).join(', '));
  return text
    .replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1?***')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestReason);
}

/** Message of an error, and where it only says that something failed, that of its causes. */
export function deepMessage(error: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = error; at instanceof Error && texts.length < 3; at = at.cause) {
    if (at.message !== '' && !texts.some((text) => text.includes(at.message))) texts.push(at.message);
  }
  return texts.join(': ');
}
