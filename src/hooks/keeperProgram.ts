import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs the command of its arguments for as long as somebody holds its stdin: a worker that dies, however it does, takes the
 * hook along, so that the next worker does not run it beside the first. What the command says comes out on stdout; the exit
 * code is that of the command, 128 and the number of the signal that killed it, or 127 when it could not be started.
 */
const [file = '', ...args] = process.argv.slice(2);
const killAfterMs = 5000;
/** What the command left running may hold its output for ever; what is in the pipe already comes at once. */
const outputWithinMs = 500;

const command = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
command.stdout.pipe(process.stdout, { end: false });
command.stderr.pipe(process.stdout, { end: false });
command.once('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`could not be started: ${error.code ?? error.message}\n`);
  process.exit(127);
});
command.once('exit', (code, signal) => {
  const exit = () => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  command.once('close', exit);
  setTimeout(exit, outputWithinMs);
});

process.on('SIGTERM', () => undefined); // the command got it too, and may need its time
process.stdout.on('error', endAll);
process.stdin.once('error', endAll).once('end', endAll).resume();

/** This process leads the group of all that the command started. */
function endAll(): void {
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), killAfterMs);
}
