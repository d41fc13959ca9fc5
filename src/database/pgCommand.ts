import path from 'node:path';
import type { DatabaseConfig } from '../config/schema.ts';
import type { CommandSpec } from '../system/command.ts';
import { readSecret } from '../system/secrets.ts';

const connectTimeoutSeconds = 15;

/** A PostgreSQL client program that logs in to the server; the password goes by environment, and nobody is asked for it. */
export function pgCommand(database: DatabaseConfig, program: string, args: string[]): CommandSpec {
  const { host, port, user, sslMode, sslRootCert } = database;
  return {
    file: pgProgram(database, program),
    args: ['--no-password', `--host=${host}`, `--port=${port}`, `--username=${user}`, ...args],
    env: {
      PGCONNECT_TIMEOUT: String(connectTimeoutSeconds),
      PGAPPNAME: 'safepoint',
      PGSSLMODE: sslMode,
      ...(sslRootCert !== undefined && { PGSSLROOTCERT: sslRootCert }),
      PGPASSWORD: readSecret(database.password),
    },
  };
}

export function pgProgram({ binDir }: DatabaseConfig, program: string): string {
  return binDir === undefined ? program : path.join(binDir, program);
}
