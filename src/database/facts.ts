import type { DatabaseConfig } from '../config/schema.ts';
import { pgCommand, pgProgram } from './pgCommand.ts';
import { runProgram } from './runProgram.ts';

/** What preflight asks a database server and our client programs. */
export type DatabaseFacts = {
  /** The login with our credentials works. */
  reachable: boolean;
  serverVersion: string | null; // `15.18`
  /** Of pg_dumpall, whose major version must not be below that of the server. `null`: it cannot be run. */
  clientVersion: string | null;
  /** One sentence for each thing that could not be had; no secrets. */
  problems: string[];
};

/** Fails only with `SecretMissing` and the reason of the signal; all else is in `problems`. */
export async function readDatabaseFacts(
  database: DatabaseConfig,
  options: { signal?: AbortSignal } = {},
): Promise<DatabaseFacts> {
  const query = [
    '--no-psqlrc',
    '--tuples-only',
    '--no-align',
    '--dbname=postgres',
    '--command=show server_version',
  ];
  const [client, server] = await Promise.all([
    runProgram({ file: pgProgram(database, 'pg_dumpall'), args: ['--version'] }, options),
    runProgram(pgCommand(database, 'psql', query), options),
  ]);
  const problems = [
    ...(client.end.ok ? [] : [`pg_dumpall: ${client.end.reason}`]),
    ...(server.end.ok
      ? []
      : [`login to ${database.host}:${database.port} as ${database.user}: psql: ${server.end.reason}`]),
  ];
  return {
    reachable: server.end.ok,
    serverVersion: server.end.ok ? versionIn(server.output) : null,
    clientVersion: client.end.ok ? versionIn(client.output) : null,
    problems,
  };
}

/** `15.18 (Debian 15.18-0+deb12u1)` and `pg_dumpall (PostgreSQL) 17beta1` have the version as their first number. */
function versionIn(output: string): string | null {
  return /\d+[\w.]*/.exec(output)?.[0] ?? null;
}
