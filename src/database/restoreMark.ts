import { createHash } from 'node:crypto';
import { quoteText } from './statements.ts';

/** The setting of a database or role that says whose restore made it. No extension has to be there for it. */
export const MARK = 'safepoint.restore';

/**
 * Whose a restore is: `restore/<cluster>/<database>` or `drill/<cluster>/<database>`. What one try left, another one of the same
 * owner may drop. `id`: the same for all tries of one restore; that of a drill of level whole tells it (`domain/restoreId`).
 * Neither has spaces.
 */
export type RestoreOwner = { owner: string; id: string };

export type MarkState = 'unfinished' | 'done';

export type Mark = RestoreOwner & { state: MarkState };

export function markText({ owner, id }: RestoreOwner, state: MarkState): string {
  return `${state} ${owner} ${id}`;
}

/** `null`: nobody has marked it, or not we. */
export function parseMark(text: string | null): Mark | null {
  const [, state, owner, id] = /^(unfinished|done) (\S+) (\S+)$/.exec(text ?? '') ?? [];
  return owner === undefined || id === undefined ? null : { state: state as MarkState, owner, id };
}

/** Ends a statement that begins with ALTER DATABASE or ALTER ROLE. */
export function setMark(owner: RestoreOwner, state: MarkState): string {
  return `SET ${MARK} TO ${quoteText(markText(owner, state))};`;
}

/** What the server knows the sessions of a restore by; it keeps 63 bytes of a name, and ours may be longer. */
export function sessionName({ owner }: RestoreOwner): string {
  return `safepoint ${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`;
}
