import { errorCatalogue, SafepointError, type ErrorCode } from '../../contract/errors.ts';
import type { Finding, Severity } from '../../contract/preflight.ts';
import { messageOf } from '../../system/redact.ts';
import type { CheckContext, Shared } from './context.ts';

/** `severity` says what it means when `ok` is false; a finding that is ok carries no fix. */
export function judge(verdict: {
  check: string;
  severity: Severity;
  ok: boolean;
  seen: string;
  fix: string;
}): Finding {
  const { fix, ...finding } = verdict;
  return finding.ok ? finding : { ...finding, fix };
}

export function passed(check: string, severity: Severity, seen: string): Finding {
  return { check, ok: true, severity, seen };
}

/** Nobody said what the check wanted to know. That is no failure, and no success either. */
export function untold(check: string, seen: string): Finding {
  const fix =
    'expose the endpoint `configprops` with its values (camunda-docs, management endpoints) to have it checked';
  return { check, ok: false, severity: 'info', seen, fix };
}

/** In a run the catalogue's next step is to wait for the next try; here somebody stands before the cluster. */
const defaultFixes: Partial<Record<ErrorCode, string>> = {
  EndpointUnreachable: 'start the process that the message names, or correct its address in the config',
};

/**
 * Turns the failure of a check into its finding. The next step is the one of the error catalogue, or what the check knows
 * better in `fixes`. A cancel is no finding: it passes through.
 */
export async function lookAt(
  { call }: CheckContext,
  check: string,
  look: () => Promise<Finding[]>,
  fixes: Partial<Record<ErrorCode, string>> = {},
): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    call.signal?.throwIfAborted();
    const code = error instanceof SafepointError ? error.code : 'InternalError';
    const fix = fixes[code] ?? defaultFixes[code] ?? errorCatalogue[code].operatorAction;
    return [{ check, ok: false, severity: 'error', seen: messageOf(error), fix }];
  }
}

/** As `lookAt`, on a shared answer. Where it is missing its owner says why, and the others only that they know nothing. */
export async function lookAtShared<T>(
  context: CheckContext,
  check: string,
  shared: Shared<T>,
  look: (answer: T) => Finding[] | Promise<Finding[]>,
): Promise<Finding[]> {
  if (check !== shared.owner && !(await isAnswered(shared))) {
    context.call.signal?.throwIfAborted();
    return [
      {
        check,
        ok: false,
        severity: 'info',
        seen: `not checked, because ${shared.owner} failed`,
        fix: `repair ${shared.owner} first`,
      },
    ];
  }
  return await lookAt(context, check, async () => await look(await shared.read()));
}

async function isAnswered(shared: Shared<unknown>): Promise<boolean> {
  try {
    await shared.read();
    return true;
  } catch {
    return false;
  }
}
