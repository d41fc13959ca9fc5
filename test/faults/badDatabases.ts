import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClusterShape } from './cluster.ts';
import { wholeDump, writePrograms, type Scripts } from './fakePrograms.ts';

/** Between the fourth try, 7 s and four tries after the first, and the fifth, 15 s: so it ends between two, with the reason. */
export const BUDGET = '16 s';
const TRAILER = '-- PostgreSQL database cluster dump complete';

export const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-database-faults-'));
let programs = 0;
/** A cluster whose database is known by these programs only. */
export function scripted(scripts: Scripts | null): ClusterShape {
  const binDir = path.join(folder, `programs-${++programs}`);
  if (scripts !== null) writePrograms(binDir, scripts);
  const database = { host: '127.0.0.1', user: 'nobody', password: { env: 'FAULTS_PASSWORD' }, binDir };
  return { settings: { databases: { 'web-modeler': database }, budgets: { dump: BUDGET } } };
}

export const atPreflight = {
  'older-client': {
    at: 'pg_dumpall is older than the server',
    shape: scripted({ pg_dumpall: wholeDump(1000), version: '14.9' }),
    seen: 'server 15.18, pg_dumpall 14.9',
  },
  'no-program': { at: 'there is no pg_dumpall', shape: scripted(null), seen: 'could not be started: ENOENT' },
  'wrong-password': {
    at: 'the server refuses the password',
    shape: { database: true }, // and another password, see `spoilPassword`
    seen: 'password authentication failed',
  },
  'server-down': {
    at: 'the server is down',
    shape: scripted({ pg_dumpall: wholeDump(1000), psql: 'echo "Connection refused" >&2; exit 2' }),
    seen: 'Connection refused',
  },
};

export const inTheDump = {
  'late-failure': {
    at: 'pg_dumpall writes a whole dump and ends with 1',
    shape: scripted({ pg_dumpall: `${wholeDump(50_000)}; echo "no space" >&2; exit 1` }),
    code: 'DumpFailed',
    seen: 'no space',
  },
  refused: {
    at: 'the password is refused in the middle',
    shape: scripted({ pg_dumpall: 'echo "FATAL:  password authentication failed for user" >&2; exit 1' }),
    code: 'AccessDenied',
    seen: 'password authentication failed',
  },
};

/** pg_dumpall ends with 0 and has written something else than a whole dump. */
export const whenReadBack = {
  truncated: { at: 'half a dump', shape: scripted({ pg_dumpall: 'head -c 50000 /dev/urandom' }) },
  'no-cluster-trailer': {
    at: 'the end of the dump of one database',
    shape: scripted({ pg_dumpall: `printf '%s\n' -- '-- PostgreSQL database dump complete' --` }),
  },
  'text-behind': {
    at: 'something behind the trailer',
    shape: scripted({ pg_dumpall: `printf '%s\n' -- '${TRAILER}' -- 'more'` }),
  },
};

export function removePrograms(): void {
  rmSync(folder, { recursive: true });
}
