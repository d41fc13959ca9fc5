import type { CommandSpec } from '../system/command.ts';

/** `read` ends when nobody holds our stdin any more; then all of the process group ends, and can say goodbye to the server. */
const script = `exec 3<&0
"$@" 3<&- </dev/null & command=$!
{ read -r _; kill -TERM 0; } <&3 >/dev/null 2>&1 & keeper=$!
exec 3<&-
wait "$command"; code=$?
kill "$keeper"
exit "$code"`;

/**
 * The command, which a worker that dies takes along, however it dies. A dump that waits for a lock writes nothing and would
 * not notice that nobody reads it any more: it would stay, with its session and its other locks, until it got the lock. The
 * command reads nothing; its stdin is to be held open as long as it shall run.
 */
export function endsWithWorker({ file, args, env }: CommandSpec): CommandSpec {
  return { file: '/bin/sh', args: ['-c', script, file, file, ...args], env };
}
