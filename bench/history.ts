import { startPostgres } from '../sandbox/stack/postgres.ts';
import { findMissing } from '../sandbox/stack/pieces.ts';
import { withFolder, withPlace } from './place.ts';
import { takeBackup } from './runs.ts';
import type { Row } from './table.ts';

const mostEvents = 80;

/** What a run with five parts leaves in Temporal; with one database too where PostgreSQL is installed. */
export function measureHistory(): Promise<Row[]> {
  return withFolder(async (dataDir, keep) => {
    const hasPostgres = (await findMissing(['postgres'])).length === 0;
    const databases: Record<string, unknown> = {};
    const secrets: Record<string, string> = {};
    if (hasPostgres) {
      const { host, port, user, password, binDir } = await keep(startPostgres({ dataDir, rows: 100 }));
      secrets['WEB_MODELER_PASSWORD'] = password;
      databases['web-modeler'] = { host, port, user, binDir, password: { env: 'WEB_MODELER_PASSWORD' } };
    }
    const options = { simulator: { partMs: 2_000, flushDelayMs: 100 }, settings: { databases } };
    return await withPlace(options, async ({ client, startWorker }) => {
      await startWorker(secrets);
      const { events, bytes } = await takeBackup(client, { cluster: 'c1' });
      const what = `five parts, ${hasPostgres ? 'one database' : 'no database, as there is no PostgreSQL'}`;
      return [
        {
          what: `events of both histories, ${what}`,
          value: String(events),
          mark: { text: `at most ${mostEvents}`, held: events <= mostEvents },
        },
        { what: 'bytes of both histories', value: `${(bytes / 1000).toFixed(1)} kB` },
      ];
    });
  });
}
