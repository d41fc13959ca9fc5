import { errorCatalogue, SafepointError, type ErrorCode } from '../contract/errors.ts';
import { redact } from '../system/redact.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exitCodes.ts';

/** What a person or a script gets to know about a command that did not end well. */
export type Failure = { code: string; message: string; operatorAction: string; exitCode: ExitCode };

/** A failure of the command itself, which no error of the catalogue describes. */
export class CommandError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options);
    this.name = failure.code;
    this.failure = failure;
  }
}

/**
 * Any error as one sentence and the next step. Temporal wraps what happened (workflow, child, activity): the innermost
 * failure that carries a code of the catalogue counts. Errors of Temporal are told by name, which spares commands that
 * do not talk to it the load of its client.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof CommandError) return error.failure;
  if (error instanceof SafepointError) return ofCatalogue(error.code, error.message);

  const chain = causesOf(error);
  const named = chain.findLast((cause) => isErrorCode(typeOf(cause)));
  if (named !== undefined) return ofCatalogue(typeOf(named) as ErrorCode, named.message);
  if (chain.some((cause) => cause.name === 'CancelledFailure')) {
    return ofCatalogue('BackupCancelled', 'the run was cancelled');
  }
  if (chain.some((cause) => cause.name === 'TerminatedFailure')) {
    return {
      code: 'RunTerminated',
      message: 'the run was terminated from outside',
      operatorAction: 'Exporting is resumed by what is left of the run, else by the next one; start again.',
      exitCode: EXIT.failed,
    };
  }
  if (chain.some(({ name }) => name === 'ServiceError' || name === 'TransportError'))
    return temporalUnreachable(innermostMessage(chain).replace(/\s*Resolution note:\s*$/, ''));
  return ofCatalogue('InternalError', innermostMessage(chain));
}

/** For runs that are no backup: of a cancelled one Temporal says no more than that. */
export function asCancelled(error: unknown, code: 'RestoreCancelled' | 'DrillCancelled'): unknown {
  const { code: seen, message } = toFailure(error);
  return seen === 'BackupCancelled' ? new SafepointError(code, message) : error;
}

export function temporalUnreachable(reason: string): Failure {
  return {
    code: 'TemporalUnreachable',
    message: `Temporal does not answer: ${redact(reason)}`,
    operatorAction:
      'Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_PROFILE; `temporal workflow list` must work with them.',
    exitCode: EXIT.unreachable,
  };
}

function ofCatalogue(code: ErrorCode, message: string): Failure {
  const { operatorAction } = errorCatalogue[code];
  return { code, message: redact(message), operatorAction, exitCode: exitCodeOf(code) };
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && !chain.includes(cause); cause = cause.cause)
    chain.push(cause);
  return chain;
}

function innermostMessage(chain: Error[]): string {
  return chain.at(-1)?.message ?? 'unknown';
}

function typeOf(error: Error): unknown {
  return 'type' in error ? error.type : undefined;
}

function isErrorCode(type: unknown): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(errorCatalogue, type);
}
