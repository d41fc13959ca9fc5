import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Installation } from '../installation.ts';

/** All that runs have left where others can read it: Temporal, the store (but for dumps), the logs of the workers. */
export async function readTraces(
  installation: Installation,
): Promise<{ temporal: string; store: string; logs: string }> {
  return {
    temporal: await readTemporal(installation),
    store: await readStore(installation),
    logs: readLogs(installation),
  };
}

/** Histories of all runs with what their descriptions, statuses and current details say right now. */
async function readTemporal({ client }: Installation): Promise<string> {
  const texts: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const queries = ['getStatus', '__temporal_workflow_metadata'].map((query) => ask(handle, query));
    const [history, { raw }, ...answers] = await Promise.all([
      handle.fetchHistory(),
      handle.describe(),
      ...queries,
    ]);
    texts.push(
      historyToJSON(history),
      JSON.stringify(raw, bytesAsBase64),
      ...answers.map((each) => JSON.stringify(each)),
    );
  }
  return texts.join('\n');
}

/** A workflow without that query, or no worker that answers. */
async function ask(handle: WorkflowHandle, query: string): Promise<unknown> {
  return await handle.query(query).catch((error: unknown) => String(error));
}

function bytesAsBase64(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function readLogs({ env }: Installation): string {
  const folder = path.join(path.dirname(env['SAFEPOINT_CONFIG'] ?? ''), 'logs');
  const logs = readdirSync(folder).filter((name) => name.startsWith('worker'));
  return logs.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('\n');
}

async function readStore(installation: Installation): Promise<string> {
  const store = installation.openStore();
  const texts: string[] = [];
  for await (const { key } of store.list(''))
    if (!key.endsWith('.zst')) texts.push(key, (await store.getObject(key)) ?? '');
  return texts.join('\n');
}

export type Child = { program: string; arguments: string; environment: string };

/** What the process has started, as any other process of the same user sees it. */
export function childrenOf(pid: number): Child[] {
  const all = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return all.flatMap((each) => {
    const stat = read(`/proc/${each}/stat`);
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== pid) return [];
    const words = read(`/proc/${each}/cmdline`).split('\0');
    const programs = words.filter((word) => word.startsWith('/')).map((word) => path.basename(word));
    const program = programs.find((word) => word !== 'sh' && word !== 'stdbuf') ?? ''; // they start another
    if (program.startsWith('node')) return []; // a copy of the worker, about to become a program
    const environment = read(`/proc/${each}/environ`);
    if (environment === '') return []; // it has ended meanwhile
    return [{ program, arguments: words.join(' '), environment }];
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

const LISTEN = '0A';

/** How many sockets of the internet the process has, and at which addresses it listens, UDP included; also named Unix sockets. */
export function listeningSockets(pid: number): { own: number; listening: string[] } {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap(
      (fd) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1] ?? [],
    ),
  );
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((protocol) =>
    rows(`/proc/${pid}/net/${protocol}`).map(([, local = '', remote = '', state = '', ...rest]) => {
      const waits = protocol.startsWith('udp') ? /:0000$/.test(remote) : state === LISTEN;
      return { inode: rest[5] ?? '', waits, address: `${protocol} ${local}` };
    }),
  );
  const own = tables.filter(({ inode }) => inodes.has(inode));
  const unix = rows(`/proc/${pid}/net/unix`).filter(
    ([, , , flags, , , inode = '']) => inodes.has(inode) && flags === '00010000',
  );
  return {
    own: own.length,
    listening: [
      ...own.filter(({ waits }) => waits).map(({ address }) => address),
      ...unix.map((row) => `unix ${row.at(-1)}`),
    ],
  };
}

function rows(file: string): string[][] {
  const [, ...lines] = read(file).trim().split('\n');
  return lines.map((line) => line.trim().split(/\s+/));
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // closed meanwhile
  }
}
