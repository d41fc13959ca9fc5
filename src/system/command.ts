import { execa } from 'execa';
import type { Readable, Writable } from 'node:stream';

export type CommandSpec = {
  file: string; // a path, or a name on PATH
  args: string[];
  /** Added to the few variables that every command gets. */
  env?: Record<string, string>;
  /** The same, for secrets, which never belong in `args`; their values are cut out of what the command says. */
  secretEnv?: Record<string, string>;
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
  readonly stdout: Readable;
  readonly ended: Promise<CommandEnd>;
  /** Ends it and everything that it started, and waits for that. Harmless when it has ended already. */
  stop(): Promise<void>;
}

const stderrTailBytes = 4096;
const killAfterMs = 5000;

/** What programs need to find themselves, their libraries and files; nothing else of our environment is their business. */
const passedOn = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'TMPDIR', 'TZ'];

/** Starts a command. It gets only its own environment, so that secrets of this process do not reach it. */
export function startCommand({ file, args, env = {}, secretEnv = {} }: CommandSpec): RunningCommand {
  const child = execa(file, args, {
    env: { ...inheritedEnvironment(), LC_ALL: 'C', ...env, ...secretEnv },
    extendEnv: false,
    stdin: 'pipe',
    buffer: false,
    reject: false,
    detached: true, // pg_dumpall starts pg_dump through a shell: one signal must reach them all
    cleanup: false,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrTailBytes);
  });
  child.stdin.on('error', ignoreError); // EPIPE: how the command ended says more
  child.stdout.on('error', ignoreError);
  child.nodeChildProcess.once('exit', (code) => {
    if (code !== 0) signalGroup(child.pid, 'SIGKILL'); // what it started would go on writing into our pipe
  });
  const ended = child.then((result): CommandEnd => {
    const tail = clean(stderr, Object.values(secretEnv));
    return { ok: !result.failed, reason: describe(result, tail) };
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    async stop() {
      signalGroup(child.pid, 'SIGTERM');
      const deadline = setTimeout(signalGroup, killAfterMs, child.pid, 'SIGKILL');
      child.stdin.destroy();
      child.stdout.destroy();
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

function clean(text: string, secrets: string[]): string {
  const cleaned = secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return cleaned.trim();
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
