import { rmSync } from 'node:fs';
import { untilCaughtUp } from '../load/exporter.ts';
import { readTruth, untilSettled, type Comparison } from '../load/settled.ts';
import { readCheckpoints } from '../load/truth.ts';
import { destroyCamunda, dropDatabase, readContents } from '../platform/destroy.ts';
import { removePostgresFiles } from '../stack/postgres.ts';
import type { Installation } from './installation.ts';
import { findSet, runProduct } from './product.ts';
import type { Services } from './services.ts';

type Terminal = {
  /** Environment in which `safepoint` finds the servers. */
  env: Record<string, string>;
  signal: AbortSignal;
  say: (line: string) => void;
};

/**
 * After a backup: counts what Zeebe knew at its checkpoint, destroys all data, has the product restore it, and counts again.
 * Returns the exit code: 0 only if nothing is lost, nothing is an orphan, and the database is the same.
 */
export async function demonstrateRestore(
  { patient }: Installation,
  { postgres }: Services,
  { env, signal, say }: Terminal,
): Promise<number> {
  if (patient === undefined) throw new Error('This installation has no data to destroy');
  const { camunda, openSearch } = patient;
  const backupId = await findSet(env);
  say(`\nset ${backupId} is sealed, and the load goes on; waiting for the exporter, then the load ends ...`);
  const checkpoints = await readCheckpoints(camunda.broker.managementUrl, backupId);
  await untilCaughtUp(camunda.broker.managementUrl);
  await patient.endLoad();
  const truth = await readTruth(openSearch.url, checkpoints);
  const rowsBefore = await readContents(postgres);
  signal.throwIfAborted();

  const { indices } = await destroyCamunda(patient);
  await dropDatabase(postgres);
  say(`destroyed: ${indices} indices, the data of the broker, the database ${postgres.database}\n`);
  say('$ safepoint restore --latest --cluster demo --yes');
  const exitCode = await runProduct(['restore', '--latest', '--cluster', 'demo', '--yes'], env, signal);
  if (exitCode !== 0) return exitCode;

  say('\nrestored; waiting until Operate and Tasklist have read what Zeebe exports again ...');
  const seen = await untilSettled(patient, truth);
  const rowsAfter = await readContents(postgres);
  say(describe('process instances', 'Operate', truth.instances.length, seen.instances));
  say(describe('user tasks', 'Tasklist', truth.userTasks.length, seen.userTasks));
  const unseen = truth.userTasks.length - truth.userTasksBefore.length;
  if (unseen > 0)
    say(`  ${unseen} of the tasks known to Zeebe were not in Tasklist before: not counted as lost`);
  say(`exported records      ${truth.records} before, ${seen.records} after`);
  say(`rows in the database  ${showRows(rowsBefore)} before, ${showRows(rowsAfter)} after`);
  const differences = [seen.instances, seen.userTasks].flatMap(({ lost, orphans }) => [...lost, ...orphans]);
  const isSame = differences.length === 0 && rowsBefore === rowsAfter;
  say(isSame ? '\nwhole: nothing lost, no orphans' : '\nNOT WHOLE: see the counts above');
  return isSame ? 0 : 1;
}

/** A restored Camunda 8.6.0 leaves some commands unanswered, so each such demo begins with an empty folder. */
export function clearAway(dataDir: string): void {
  removePostgresFiles(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}

function describe(what: string, app: string, known: number, { shown, lost, orphans }: Comparison): string {
  const counts = `${known} known to Zeebe at the checkpoint, ${shown} shown by ${app}`;
  return `${what.padEnd(20)}  ${counts}: ${lost.length} lost, ${orphans.length} orphans`;
}

/** `20 users, 10 projects, 200 files, 2000 versions (digest 1a2b3c4d)` */
function showRows(contents: string): string {
  const [users = '', projects = '', files = '', versions = '', digest = ''] = contents.split('|');
  return `${users} users, ${projects} projects, ${files} files, ${versions} versions (digest ${digest.slice(0, 8)})`;
}
