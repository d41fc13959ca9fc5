import { readFileSync } from 'node:fs';

const ticksPerSecond = 100; // USER_HZ, the same on every Linux that Node runs on

/** Memory of a process by the kernel's count, in bytes: now, and the most it ever had. */
export function memoryOf(pid: number): { rssBytes: number; peakRssBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string) => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`the kernel tells no ${name} of process ${pid}`);
    return Number(kib) * 1024;
  };
  return { rssBytes: read('VmRSS'), peakRssBytes: read('VmHWM') };
}

/** CPU time that a process has used since its start, of all its threads, user and system. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on: the second may hold blanks
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
