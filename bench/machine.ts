import os from 'node:os';
import { execa } from 'execa';
import { findTemporalCli } from '../sandbox/stack/temporal.ts';

/** What a number depends on, in two lines: the machine and its software; the day, how busy it was, and the command. */
export async function describeSetting(command: string): Promise<string> {
  const [load] = os.loadavg();
  const cpus = os.cpus();
  const { stdout } = await execa(await findTemporalCli(), ['--version']);
  const server = /Server ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
  const memory = `${(os.totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  return [
    `${cpus.length} cores (${cpus[0]?.model.trim() ?? 'unknown'}), ${memory}, Node ${process.version}, Temporal server ${server}.`,
    `${new Date().toISOString().slice(0, 10)}, load average ${(load ?? 0).toFixed(1)} before the start: \`${command}\``,
  ].join('\n');
}
