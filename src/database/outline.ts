import type { DumpOutline } from '../contract/databaseRestore.ts';
import { createDumpEditor } from './dumpLines.ts';
import { readDump, type ReadDumpRequest } from './readDump.ts';
import { nameIn, patterns } from './statements.ts';
import { createSink } from './verifyDump.ts';

const builtIn = /^\\connect "?(postgres|template1)"?$/;
const dumpedFrom = /^-- Dumped from database version (\S+)/;
/** What pg_dump writes for every database; all else is somebody's. */
const harmless = /^CREATE (EXTENSION IF NOT EXISTS|ROLE|TABLESPACE|DATABASE) /;

/** Verifies a dump as `readDump` does, and tells what is in it. */
export async function readOutline(request: ReadDumpRequest): Promise<DumpOutline> {
  let serverVersion: string | null = null;
  let section: string | null = null;
  const databases: string[] = [];
  const roles: string[] = [];
  const withObjects = new Set<string>();
  const watch = createDumpEditor((line) => {
    serverVersion ??= dumpedFrom.exec(line)?.[1] ?? null;
    const database = patterns.createDatabase.exec(line);
    if (database !== null) databases.push(nameIn(database));
    const role = patterns.createRole.exec(line);
    if (role !== null) roles.push(nameIn(role));
    if (line.startsWith('\\connect ')) section = builtIn.exec(line)?.[1] ?? null;
    if (section !== null && line.startsWith('CREATE ') && !harmless.test(line)) withObjects.add(section);
    return line;
  });
  await readDump(request, [watch, createSink()]);
  return { serverVersion, roles, databases, builtIn: [...withObjects] };
}
