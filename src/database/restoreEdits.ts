import type { EditLine } from './dumpLines.ts';
import { MARK, setMark, type RestoreOwner } from './restoreMark.ts';
import type { ServerState } from './serverState.ts';
import { nameIn, patterns, quoteName } from './statements.ts';

/**
 * What a restore changes in the SQL of a dump, so that it can stop at every error and still run into a server that is not bare:
 *  - a role that the server has is left as it is, with its password and settings; so is the one that we log in as, whose password
 *    would change in the middle of the restore otherwise;
 *  - other roles are created with all of their options at once, and marked, so that no try leaves half of one;
 *  - a database is marked as it is created; an empty one that exists is taken as it is;
 *  - a tablespace that exists is not created;
 *  - marks that came with the dump are left out.
 */
export function restoreEdits(server: ServerState, owner: RestoreOwner): EditLine {
  const databases = new Set(server.databases.map(({ name }) => name));
  const tablespaces = new Set(server.tablespaces);
  const roles = new Map(server.roles.map(({ name, mark }) => [name, mark?.owner === owner.owner]));
  const isForeign = (role: string) => roles.get(role) === false;
  return (line) => {
    if (!/^(CREATE|ALTER) (ROLE|DATABASE|TABLESPACE) /.test(line)) return line;
    if (line.includes(` SET "${MARK}" TO '`) || patterns.createRole.test(line)) return '';
    const options = patterns.roleOptions.exec(line);
    if (options !== null) {
      const role = nameIn(options);
      if (roles.has(role)) return isForeign(role) ? '' : line;
      const quoted = quoteName(role);
      return `BEGIN; CREATE ROLE ${quoted} WITH ${options[2] ?? ''}; ALTER ROLE ${quoted} ${setMark(owner, 'unfinished')} COMMIT;`;
    }
    const setting = patterns.roleSetting.exec(line);
    if (setting !== null) return isForeign(nameIn(setting)) ? '' : line;
    const tablespace = patterns.createTablespace.exec(line);
    if (tablespace !== null) return tablespaces.has(nameIn(tablespace)) ? '' : line;
    const database = patterns.createDatabase.exec(line);
    if (database === null) return line;
    const name = nameIn(database);
    return databases.has(name)
      ? ''
      : `${line} ALTER DATABASE ${quoteName(name)} ${setMark(owner, 'unfinished')}`;
  };
}
