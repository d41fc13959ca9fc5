import { z } from 'zod';
import type { DatabaseConfig } from '../config/schema.ts';
import { askPsql } from './psql.ts';
import { MARK, parseMark } from './restoreMark.ts';
import { quoteText } from './statements.ts';

const Marked = z.object({ name: z.string(), mark: z.string().nullable().transform(parseMark) });

/** What a server has, as far as a restore may meet it; roles and tablespaces of PostgreSQL itself are left out. */
const ServerState = z.object({
  user: z.string(),
  version: z.string(),
  databases: z.array(Marked),
  roles: z.array(Marked),
  tablespaces: z.array(z.string()),
});
export type ServerState = z.infer<typeof ServerState>;

const Objects = z.object({ count: z.int(), sample: z.string().nullable() });

const markOf = (database: string, role: string) =>
  `(select substr(line, ${MARK.length + 2}) from pg_db_role_setting, unnest(setconfig) line
    where setdatabase = ${database} and setrole = ${role} and line like ${quoteText(`${MARK}=%`)})`;

const stateQuery = `select json_build_object(
  'user', current_user,
  'version', current_setting('server_version'),
  'databases', (select json_agg(json_build_object('name', datname, 'mark', ${markOf('d.oid', '0')})) from pg_database d),
  'roles', (select json_agg(json_build_object('name', rolname, 'mark', ${markOf('0', 'r.oid')})) from pg_roles r
    where rolname not like 'pg\\_%'),
  'tablespaces', coalesce((select json_agg(spcname) from pg_tablespace where spcname not like 'pg\\_%'), '[]'::json))`;

/** Fails as `askPsql` does. */
export async function readServerState(server: DatabaseConfig, signal?: AbortSignal): Promise<ServerState> {
  return ServerState.parse(JSON.parse(await askPsql(server, stateQuery, { signal })));
}

const isOfNoExtension = (catalog: string, oid: string) =>
  `not exists (select from pg_depend where classid = '${catalog}'::regclass and objid = ${oid} and deptype = 'e')`;
const isOfUsers = `nspname not like 'pg\\_%' and nspname <> 'information_schema'`;

/** Everything that somebody put into a database: nothing of it belongs to PostgreSQL or an extension. */
const objectsQuery = `select json_build_object('count', count(*), 'sample', min(object)) from (
  select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace
    where ${isOfUsers} and ${isOfNoExtension('pg_class', 'c.oid')}
  union all select nspname || '.' || proname from pg_proc p join pg_namespace n on n.oid = pronamespace
    where ${isOfUsers} and ${isOfNoExtension('pg_proc', 'p.oid')}
  union all select nspname || '.' || typname from pg_type t join pg_namespace n on n.oid = typnamespace
    where ${isOfUsers} and typtype in ('d', 'e', 'r') and ${isOfNoExtension('pg_type', 't.oid')}
  union all select 'schema ' || nspname from pg_namespace n
    where ${isOfUsers} and nspname <> 'public' and ${isOfNoExtension('pg_namespace', 'n.oid')}
  union all select 'large object ' || oid from pg_largeobject_metadata
) all_objects (object)`;

/** How many objects a database holds, with the name of one; 0: it is empty. */
export async function countObjects(
  server: DatabaseConfig,
  database: string,
  signal?: AbortSignal,
): Promise<{ count: number; sample: string | null }> {
  return Objects.parse(JSON.parse(await askPsql(server, objectsQuery, { database, signal })));
}

const sizeQuery = `select json_build_object('tables', (select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace
  where ${isOfUsers} and relkind in ('r', 'p')), 'sizeBytes', pg_database_size(current_database()))`;

const Size = z.object({ tables: z.int(), sizeBytes: z.int() });

export async function readDatabaseSize(
  server: DatabaseConfig,
  name: string,
  signal?: AbortSignal,
): Promise<{ name: string; tables: number; sizeBytes: number }> {
  const answer = await askPsql(server, sizeQuery, { database: name, signal });
  return { name, ...Size.parse(JSON.parse(answer)) };
}
