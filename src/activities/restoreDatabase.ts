import type {
  CheckDatabaseInput,
  CheckedDatabase,
  DrillDatabaseInput,
  DrilledDatabase,
  RestoreDatabaseInput,
  RestoredDatabase,
} from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ActivityDeps } from './deps.ts';

export function createRestoreDatabaseActivities(deps: ActivityDeps) {
  const missing = (): Promise<never> =>
    Promise.reject(new SafepointError('InternalError', `not built yet: ${typeof deps}`));
  return {
    /**
     * Reads a dump to its last byte and looks whether the server can take it; changes nothing. Fails with `DumpFailed` where no
     * store has it whole, `DatabaseNotEmpty`, `InvalidConfig` (no server, a key that does not fit), `AccessDenied`, and
     * `EndpointUnreachable`.
     */
    checkTargetDatabase: (_input: CheckDatabaseInput): Promise<CheckedDatabase> => missing(),
    /**
     * Restores a dump. A try after one that failed drops what that one made. Fails with `DatabaseRestoreFailed`, naming line and
     * reason, and as `checkTargetDatabase` does.
     */
    restoreDatabase: (_input: RestoreDatabaseInput): Promise<RestoredDatabase> => missing(),
    /** Restores a dump into the server for drills, asks the queries, and drops what was made, also after a failure or a crash. */
    drillDatabase: (_input: DrillDatabaseInput): Promise<DrilledDatabase> => missing(),
  };
}
