import { SafepointError, type ErrorCode } from '../contract/errors.ts';
import { messageOf } from '../system/redact.ts';

/** What the only store says; of several, what each says. A code is theirs when it is the code of all. */
export function noStoreTookIt(what: string, failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const codes = new Set(
    failures.map((each): ErrorCode => (each instanceof SafepointError ? each.code : 'StoreFailed')),
  );
  const [code = 'StoreFailed'] = codes.size === 1 ? codes : [];
  return new SafepointError(code, `no store has taken ${what}: ${failures.map(messageOf).join('; ')}`);
}
