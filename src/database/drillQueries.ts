import type { DatabaseConfig } from '../config/schema.ts';
import type { DrillQuery } from '../config/drill.ts';
import type { QueryAnswer } from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import { messageOf } from '../system/redact.ts';
import { askPsql } from './psql.ts';

const shownLength = 200;

/** Asks them one after the other, without the right to write. A query that is refused is an answer; a server that is gone is not. */
export async function askQueries(
  server: DatabaseConfig,
  queries: readonly DrillQuery[],
  signal?: AbortSignal,
): Promise<QueryAnswer[]> {
  const answers: QueryAnswer[] = [];
  for (const { database, sql, expect } of queries) {
    const asked = { database, sql, expect };
    try {
      const seen = await askPsql(server, sql, { database, readOnly: true, signal });
      answers.push({ ...asked, seen: seen.slice(0, shownLength), ok: seen === expect });
    } catch (error) {
      if (!(error instanceof SafepointError) || error.code !== 'DatabaseRestoreFailed') throw error;
      answers.push({ ...asked, seen: messageOf(error).slice(0, shownLength), ok: false });
    }
  }
  return answers;
}
