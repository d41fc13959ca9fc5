import { Writable } from 'node:stream';
import type { DatabaseConfig } from '../config/schema.ts';
import type { DumpOutline } from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import { startCommand, type RunningCommand } from '../system/command.ts';
import { createDumpEditor } from './dumpLines.ts';
import { psqlCommand, psqlFailure } from './psql.ts';
import { readDump, type ReadDumpRequest } from './readDump.ts';
import { restoreEdits } from './restoreEdits.ts';
import { sessionName, type RestoreOwner } from './restoreMark.ts';
import { lookAtTarget, prepareTarget, type RestoreTarget } from './restoreTarget.ts';

export type RestoreDumpRequest = ReadDumpRequest & {
  server: DatabaseConfig;
  /** What `readOutline` has found in the dump. */
  outline: DumpOutline;
  owner: RestoreOwner;
};

/**
 * Streams a dump from the store into psql, which stops at the first error, with constant memory. What an unfinished restore of
 * the same owner left goes first; one with the same id that is done is not done again. What is restored stays marked as
 * unfinished until `finishTarget`. Fails with `DatabaseNotEmpty` before anything was changed, with `DatabaseRestoreFailed` naming
 * line and reason, with `EndpointUnreachable` when the server goes away, and as `readDump` does. No psql is left.
 */
export async function restoreDump(request: RestoreDumpRequest): Promise<RestoreTarget> {
  const { server, artifact, outline, owner, signal } = request;
  const target = await lookAtTarget(server, outline, owner, signal);
  if (target.isDone) return target;
  await prepareTarget(server, target, owner, signal);
  const databases = target.state.databases.filter(({ name }) => !target.leftOver.includes(name));
  const editor = createDumpEditor(restoreEdits({ ...target.state, databases }, owner));
  const psql = startCommand(psqlCommand(server, 'postgres', sessionName(owner)));
  psql.stdout.resume(); // answers of functions; nobody reads them
  try {
    await readDump(request, [editor, psqlInput(psql, server, `restore of ${artifact.name}`)]);
  } finally {
    await psql.stop();
  }
  return target;
}

/** Ends when psql has ended well, and fails with what psql failed with. */
function psqlInput(psql: RunningCommand, server: DatabaseConfig, what: string): Writable {
  async function failure(): Promise<SafepointError> {
    const end = await psql.ended;
    return end.ok
      ? new SafepointError('DatabaseRestoreFailed', `${what}: psql ended before the dump did`)
      : psqlFailure(server, end, what);
  }
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      psql.stdin.write(chunk, (error) => {
        if (error) void failure().then(done);
        else done();
      });
    },
    final(done) {
      psql.stdin.end();
      void psql.ended.then(async ({ ok }) => {
        done(ok ? null : await failure());
      });
    },
    destroy(error, done) {
      void psql.stop().then(() => {
        done(error);
      });
    },
  });
}
