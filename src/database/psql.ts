import type { DatabaseConfig } from '../config/schema.ts';
import { SafepointError } from '../contract/errors.ts';
import type { CommandEnd, CommandSpec } from '../system/command.ts';
import { pgCommand } from './pgCommand.ts';
import { runProgram } from './runProgram.ts';

export type PsqlOptions = { database?: string; readOnly?: boolean; signal?: AbortSignal };

const longestQueryMs = 10 * 60_000;

/**
 * psql that stops at the first error. Terse, for details and context quote rows of tables, and lines passwords of roles.
 * `name`: what the server knows the session by.
 */
export function psqlCommand(server: DatabaseConfig, database: string, name?: string): CommandSpec {
  const command = pgCommand(server, 'psql', [
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    '--set=VERBOSITY=terse',
    '--set=SHOW_CONTEXT=never',
    `--dbname=dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`,
    '--file=-',
  ]);
  return name === undefined ? command : { ...command, env: { ...command.env, PGAPPNAME: name } };
}

/**
 * What psql answers, without the last line break. `database`: default `postgres`. Fails with `EndpointUnreachable`,
 * `AccessDenied`, `DatabaseRestoreFailed` where a statement is refused, and the reason of the signal.
 */
export async function askPsql(
  server: DatabaseConfig,
  sql: string,
  options: PsqlOptions = {},
): Promise<string> {
  const { database = 'postgres', readOnly = false, signal } = options;
  const command = psqlCommand(server, database);
  const settings = readOnly
    ? `-c default_transaction_read_only=on -c statement_timeout=${longestQueryMs}`
    : '';
  const spec = { ...command, env: { ...command.env, ...(readOnly && { PGOPTIONS: settings }) } };
  const { end, output } = await runProgram(spec, { input: sql, signal });
  if (!end.ok) throw psqlFailure(server, end, `database ${database}`);
  return output.replace(/\n$/, '');
}

/** The error of the catalogue for a psql that ended badly. It exits with 2 where the connection went away. */
export function psqlFailure(
  { host, port, user }: DatabaseConfig,
  end: CommandEnd,
  what: string,
): SafepointError {
  const reason = withoutValues(end.reason);
  const code = /password authentication failed|no password supplied/.test(reason)
    ? 'AccessDenied'
    : reason.startsWith('exit code 2')
      ? 'EndpointUnreachable'
      : 'DatabaseRestoreFailed';
  return new SafepointError(code, `${what} at ${host}:${port} as ${user}: psql ended with ${reason}`);
}

/** Without digests of passwords, and without values out of rows. */
function withoutValues(text: string): string {
  return text
    .replaceAll(/SCRAM-SHA-256\$[^\s'"]+|md5[0-9a-f]{32}/g, '***')
    .replaceAll(/(invalid input (?:syntax|value) for [^:\n]*: )".*"/g, '$1"***"');
}
