import type { DatabaseConfig } from '../../../config/schema.ts';
import type { Finding } from '../../../contract/preflight.ts';
import { readDatabaseFacts, type DatabaseFacts } from '../../../database/facts.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

/** Every database lets us in, and our pg_dumpall is not older than the server. */
export async function checkDatabases(context: CheckContext): Promise<Finding[]> {
  const databases = Object.entries(context.config.databases);
  const findings = await Promise.all(databases.map(([name, config]) => checkDatabase(context, name, config)));
  return findings.flat();
}

async function checkDatabase(
  context: CheckContext,
  name: string,
  config: DatabaseConfig,
): Promise<Finding[]> {
  return await lookAt(context, `database.${name}`, async () => [
    judgeDatabase(name, await readDatabaseFacts(config, context.call)),
  ]);
}

export function judgeDatabase(name: string, facts: DatabaseFacts): Finding {
  const { reachable, serverVersion, clientVersion, problems } = facts;
  const check = `database.${name}`;
  if (!reachable || serverVersion === null || clientVersion === null) {
    return judge({
      check,
      severity: 'error',
      ok: false,
      seen: problems.join('; ') || 'the server or pg_dumpall does not tell its version',
      fix: `check host, port, user, password and sslMode of databases.${name}, and that pg_dumpall and psql are in binDir or PATH`,
    });
  }
  return judge({
    check,
    severity: 'error',
    ok: majorOf(clientVersion) >= majorOf(serverVersion),
    seen: `server ${serverVersion}, pg_dumpall ${clientVersion}`,
    fix: `install the PostgreSQL client ${majorOf(serverVersion)} or newer and name it in databases.${name}.binDir; an older pg_dumpall refuses the server`,
  });
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
