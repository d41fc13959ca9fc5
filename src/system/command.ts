import { execa } from 'execa';
import { Readable, type Writable } from 'node:stream';
import { redact } from './redact.ts';

export type CommandSpec = {
  file: string; // a path, or a name on PATH
  args: string[];
  /** Added to the few variables that every command gets. Secrets go here: anybody on the machine can read arguments. */
  env?: Record<string, string>;
};

/** How a command ended; it always ends with this, never with an exception. */
export type CommandEnd = {
  ok: boolean;
  /** `exit code 1: …`, `killed by SIGTERM`, `could not be started: ENOENT`; with the end of stderr, cleaned of secrets. */
  reason: string;
};

/** A child process in its own process group whose output is streamed. */
export interface RunningCommand {
  readonly stdin: Writable;
  /** Empty where another command reads it. */
  readonly stdout: Readable;
  readonly ended: Promise<CommandEnd>;
  /** Whether these words were on stderr; `reason` is for people, and may miss some. */
  said: (words: string) => boolean;
  /** For the one command that writes to it directly; ours is closed as soon as that one has it. */
  handOverStdin: () => Writable;
  /** The last whole line on stderr so far; it may hold secrets. */
  lastLine: () => string;
  /** Ends it and everything that it started, and waits for that. Harmless when it has ended already. */
  stop(): Promise<void>;
}

/** What of stderr is shown, and what is kept for it: a secret must not be cut in half before it is found. */
const shownLength = 4096;
const keptLength = 65_536;
const killAfterMs = 5000;

/** What programs need to find themselves, their libraries and files; nothing else of our environment is their business. */
const passedOn = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ'];

/**
 * Starts a command. It gets only its own environment, so that secrets of this process do not reach it. `into`: the command that
 * reads its output directly, which never passes through this process.
 */
export function startCommand({ file, args, env = {} }: CommandSpec, into?: RunningCommand): RunningCommand {
  const child = execa(file, args, {
    env: { ...inheritedEnvironment(), LC_ALL: 'C', ...env },
    extendEnv: false,
    stdin: 'pipe',
    stdout: into?.handOverStdin() ?? 'pipe',
    buffer: false,
    reject: false,
    detached: true, // pg_dumpall starts pg_dump through a shell: one signal must reach them all
    cleanup: false,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (stderr.length > 2 * keptLength) stderr = stderr.slice(-keptLength);
  });
  child.stdin.on('error', ignoreError); // EPIPE: how the command ended says more
  const stdout = child.stdout ?? Readable.from([]);
  stdout.on('error', ignoreError);
  into?.stdin.destroy(); // ours only; as long as we held it, the reader would wait for more
  child.nodeChildProcess.once('exit', (code) => {
    if (code !== 0) signalGroup(child.pid, 'SIGKILL'); // what it started would go on writing into our pipe
  });
  let isShared = into !== undefined;
  const ended = child.then((result): CommandEnd => {
    const ok = isShared ? result.exitCode === 0 : !result.failed; // what we close before its end counts as broken
    return { ok, reason: describe(result, tailOf(stderr)) };
  });
  return {
    stdin: child.stdin,
    stdout,
    ended,
    said: (words) => stderr.includes(words),
    handOverStdin() {
      isShared = true;
      return child.stdin;
    },
    lastLine: () => stderr.split('\n').at(-2) ?? '',
    async stop() {
      signalGroup(child.pid, 'SIGTERM');
      const deadline = setTimeout(signalGroup, killAfterMs, child.pid, 'SIGKILL');
      child.stdin.destroy();
      stdout.destroy();
      await ended;
      clearTimeout(deadline);
    },
  };
}

function describe(result: { exitCode?: number; signal?: string; code?: string }, tail: string): string {
  const said = tail === '' ? '' : `: ${tail}`;
  if (result.signal !== undefined) return `killed by ${result.signal}${said}`;
  if (result.exitCode !== undefined) return `exit code ${result.exitCode}${said}`;
  return `could not be started: ${result.code ?? 'unknown reason'}${said}`;
}

/** The end of what was said. A line whose start was lost is left out: it may begin with half a secret. */
function tailOf(stderr: string): string {
  const whole = stderr.length < keptLength ? stderr : stderr.slice(stderr.indexOf('\n') + 1 || undefined);
  return redact(whole).slice(-shownLength).trim();
}

function inheritedEnvironment(): Record<string, string> {
  const entries = passedOn.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of the group have ended.
  }
}

function ignoreError(): void {
  // see the call
}
