import path from 'node:path';
import { execa } from 'execa';
import type { InstallationUrls } from '../sandbox/clusterSettings.ts';
import type { Postgres } from '../sandbox/stack/postgres.ts';

const script = path.join(import.meta.dirname, 'createBackup.sh');
const timeoutMs = 10 * 60_000;

/** `windowMs`: from the first trigger until the last part of the cut was seen complete; the dump is not in it. */
export type ScriptRun = { wholeMs: number; windowMs: number; parts: { part: string; tookMs: number }[] };

/** Runs `createBackup.sh` as a process of its own. Fails when it does. */
export async function runPageScript(
  { zeebe, operate = '', tasklist = '' }: InstallationUrls,
  postgres: Postgres,
  dump: string,
): Promise<ScriptRun> {
  const beganMs = performance.now();
  const { stdout } = await execa('sh', [script], {
    timeout: timeoutMs,
    env: {
      ZEEBE: zeebe,
      OPERATE: operate,
      TASKLIST: tasklist,
      PGHOST: postgres.host,
      PGPORT: String(postgres.port),
      PGUSER: postgres.user,
      PGPASSWORD: postgres.password,
      DUMP: dump,
      PATH: `${postgres.binDir}:${process.env['PATH'] ?? ''}`,
    },
  });
  const wholeMs = performance.now() - beganMs;
  const parts = stdout.split('\n').map((line) => {
    const [part = '', began, ended] = line.split(' ');
    return { part, beganMs: Number(began) * 1000, endedMs: Number(ended) * 1000 };
  });
  const cut = parts.filter(({ part }) => part !== 'web-modeler');
  return {
    wholeMs,
    windowMs: Math.max(...cut.map((it) => it.endedMs)) - Math.min(...cut.map((it) => it.beganMs)),
    parts: parts.map((it) => ({ part: it.part, tookMs: it.endedMs - it.beganMs })),
  };
}
