import type { DatabaseConfig } from '../config/schema.ts';
import type { DumpOutline } from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import { isDrillId } from '../domain/restoreId.ts';
import { askPsql } from './psql.ts';
import { MARK, sessionName, setMark, type Mark, type RestoreOwner } from './restoreMark.ts';
import { countObjects, readServerState, type ServerState } from './serverState.ts';
import { quoteName, quoteText } from './statements.ts';

/** A server that can take a dump. */
export type RestoreTarget = {
  state: ServerState;
  /** Databases that an unfinished restore of the same owner left, or for a drill another drill; they go before anything else. */
  leftOver: string[];
  /** Databases that are there, and empty. */
  empty: string[];
  /** Roles of the dump that are there, and not by an unfinished restore of the same owner. */
  keptRoles: string[];
  /** The restore with this id was here, and finished. */
  isDone: boolean;
};

/**
 * Looks whether a server can take a dump; changes nothing. Fails with `DatabaseNotEmpty`, naming every database of the dump that
 * holds something which no unfinished restore of this owner, or for a drill no drill before it, put there; with
 * `DatabaseRestoreFailed` where the server is of an older major version than the dump; and as `askPsql` does.
 */
export async function lookAtTarget(
  server: DatabaseConfig,
  { databases, builtIn, roles, serverVersion }: DumpOutline,
  owner: RestoreOwner,
  signal?: AbortSignal,
): Promise<RestoreTarget> {
  const state = await readServerState(server, signal);
  const at = `${server.host}:${server.port}`;
  if (serverVersion !== null && Number.parseInt(state.version) < Number.parseInt(serverVersion))
    throw new SafepointError(
      'DatabaseRestoreFailed',
      `the dump is of PostgreSQL ${serverVersion}, and ${at} is ${state.version}; give a server of the same major version or newer`,
    );
  const existing = state.databases.filter(({ name }) => databases.includes(name));
  const isDone =
    databases.length > 0 &&
    existing.length === databases.length &&
    existing.every(
      ({ mark }) => mark?.state === 'done' && mark.owner === owner.owner && mark.id === owner.id,
    );
  const keptRoles = state.roles
    .filter(({ name, mark }) => roles.includes(name) && mark?.owner !== owner.owner)
    .map(({ name }) => name);
  if (isDone) return { state, leftOver: [], empty: [], keptRoles, isDone };
  const leftOver = existing
    .filter(({ mark }) => isUnfinished(mark, owner) || isOfDrillBefore(mark, owner))
    .map(({ name }) => name);
  const empty: string[] = [];
  const full: string[] = [];
  for (const name of [...existing.map((each) => each.name), ...builtIn]) {
    if (leftOver.includes(name)) continue;
    const { count, sample } = await countObjects(server, name, signal);
    if (count === 0) empty.push(name);
    else
      full.push(
        `database ${name} on ${at} holds ${count} objects, such as ${sample ?? 'one without a name'}`,
      );
  }
  if (full.length > 0) {
    const next = 'drop it, or name an empty server under `restore.databases` (docs/restore-databases.md)';
    throw new SafepointError('DatabaseNotEmpty', `${full.join('; ')}; ${next}`);
  }
  return { state, leftOver, empty, keptRoles, isDone };
}

/** Ends what an earlier try left: its sessions, then its databases. The empty ones are marked from now on. */
export async function prepareTarget(
  server: DatabaseConfig,
  { leftOver, empty }: RestoreTarget,
  owner: RestoreOwner,
  signal?: AbortSignal,
): Promise<void> {
  await endSessions(server, owner, signal);
  const statements = [
    ...leftOver.map((name) => `DROP DATABASE IF EXISTS ${quoteName(name)} WITH (FORCE);`),
    ...empty
      .filter((name) => name !== 'postgres' && name !== 'template1')
      .map((name) => `ALTER DATABASE ${quoteName(name)} ${setMark(owner, 'unfinished')}`),
  ];
  if (statements.length > 0) await askPsql(server, statements.join('\n'), { signal });
}

/** Says of everything that this restore made that it is whole. */
export async function finishTarget(
  server: DatabaseConfig,
  owner: RestoreOwner,
  signal?: AbortSignal,
): Promise<void> {
  const { databases, roles } = await readServerState(server, signal);
  const statements = [
    ...roles
      .filter(({ mark }) => isUnfinished(mark, owner))
      .map(({ name }) => `ALTER ROLE ${quoteName(name)} RESET ${MARK};`),
    ...databases
      .filter(({ mark }) => isUnfinished(mark, owner) && mark?.id === owner.id)
      .map(({ name }) => `ALTER DATABASE ${quoteName(name)} ${setMark(owner, 'done')}`),
  ];
  await askPsql(server, ['BEGIN;', ...statements, 'COMMIT;'].join('\n'), { signal });
}

/**
 * Drops every database and role on the server that bears a mark of this owner, whole or not. Only for drills.
 * A role that owns something in `postgres` or `template1` loses that first.
 */
export async function removeRestored(
  server: DatabaseConfig,
  owner: RestoreOwner,
  signal?: AbortSignal,
): Promise<void> {
  await endSessions(server, owner, signal);
  const { databases, roles } = await readServerState(server, signal);
  const marked = (all: ServerState['roles']) =>
    all.filter(({ mark }) => mark?.owner === owner.owner).map(({ name }) => quoteName(name));
  const dropped = marked(databases).map((name) => `DROP DATABASE IF EXISTS ${name} WITH (FORCE);`);
  if (dropped.length > 0) await askPsql(server, dropped.join('\n'), { signal });
  const members = marked(roles);
  if (members.length === 0) return;
  const owned = `DROP OWNED BY ${members.join(', ')};`;
  await askPsql(server, owned, { database: 'template1', signal });
  await askPsql(server, `${owned}\nDROP ROLE ${members.join(', ')};`, { signal });
}

/** A psql whose worker was killed may still wait for a long statement. */
async function endSessions(server: DatabaseConfig, owner: RestoreOwner, signal?: AbortSignal): Promise<void> {
  const sql = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${quoteText(sessionName(owner))}`;
  await askPsql(server, sql, { signal });
}

function isUnfinished(mark: Mark | null, { owner }: RestoreOwner): boolean {
  return mark?.state === 'unfinished' && mark.owner === owner;
}

/** A drill owns what other drills of this owner have left, and nothing that was restored in earnest. */
function isOfDrillBefore(mark: Mark | null, { owner, id }: RestoreOwner): boolean {
  return mark?.owner === owner && isDrillId(mark.id) && isDrillId(id);
}
