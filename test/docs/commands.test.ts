import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { poll } from '../../sandbox/stack/poll.ts';
import { expectJson } from '../cli/expectJson.ts';
import { parseLine } from '../cli/parse.ts';
import { startPlace, type Place } from '../cli/place.ts';
import { putIntoFolder, safepoint } from '../cli/safepoint.ts';
import { commandLines } from './commandLines.ts';
import { root } from './pages.ts';

/** Lines that are not carried out here, and why; those of `safepoint` are read by the parser instead. */
const EXCEPTIONS: [RegExp, string][] = [
  [/^npm ci/, 'installs everything, and carries out what the tests are part of'],
  [/^npm (test|run verify)$/, 'this is a part of it'],
  [/^npm run bench/, 'takes minutes; test/bench'],
  [/^npm run build:package$/, 'test/parent'],
  [/^temporal workflow execute --type deploy/, 'needs the worker of the example; test/examples'],
  [/safepoint worker/, 'goes on until it is ended; test/cli/worker.test.ts'],
  [/safepoint replicate/, 'needs backups of components that can be copied; test/cli/replicate.test.ts'],
  [/safepoint (restore|approve)/, 'needs hooks, and a run that waits for its approval; test/restore'],
  [/--mode cold/, 'needs applications that are stopped; test/restore/cold.test.ts'],
  [/safepoint cancel/, 'needs a run at work; test/cli/status.test.ts'],
];

/** All lines together take some minutes on a busy machine. */
const WORKER_MS = 20 * 60_000;

/** Stands in the docs for the id of a set. */
const AN_ID = '1795399832';

const NIGHTLY = {
  cluster: 'prod',
  cron: '0 2 * * *',
  timezone: 'UTC',
  jitter: '0 s',
  overlap: 'skip',
  catchupWindow: '6 h',
};

const plain = (line: string) => line.replace(/^npx /, '');
const isException = (line: string) => EXCEPTIONS.some(([pattern]) => pattern.test(line));
const unique = commandLines.filter(
  ({ line }, index) => commandLines.findIndex((other) => plain(other.line) === plain(line)) === index,
);
const carriedOut = unique.filter(({ line }) => !isException(line));

describe('docs: lines of commands', () => {
  it('each exception is needed', () => {
    const idle = EXCEPTIONS.filter(([pattern]) => !commandLines.some(({ line }) => pattern.test(line)));

    expect(idle).toEqual([]);
  });

  it.each(unique.filter(({ line }) => /safepoint /.test(line) && isException(line)))(
    '$line of $file is read by the parser',
    async ({ line }) => {
      await expect(parseLine(line)).resolves.toBeDefined();
    },
  );
});

describe('docs: lines of commands, carried out', () => {
  let place: Place;
  let client: Client;
  let worker: ReturnType<typeof safepoint>;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    place = await startPlace({ schedules: { 'prod-nightly': NIGHTLY } }, 'prod', {
      retention: { keepLast: 100 },
    });
    client = new Client({ connection: await Connection.connect({ address: place.temporal.address }) });
    const config = place.env.SAFEPOINT_CONFIG ?? '';
    folder = path.dirname(config);
    copyFileSync(config, path.join(folder, 'staging.yaml'));
    for (const home of ['.zfunc', '.config/fish/completions', '.local/share/bash-completion/completions'])
      mkdirSync(path.join(folder, home), { recursive: true });
    putIntoFolder(folder);
    const programs = [folder, path.dirname(place.temporal.cliPath), process.env.PATH];
    env = { ...place.env, HOME: folder, PATH: programs.join(path.delimiter), npm_config_offline: 'true' };
    worker = safepoint(['worker'], env, WORKER_MS);
    await safepoint(['schedule', 'apply', '--yes'], env); // nobody can be asked here
    await poll('a worker is there, and its sentinel has looked', 60_000, async () => {
      const { problems } = expectJson('status', (await safepoint(['status', '--json'], env)).stdout);
      return problems.length === 0 ? true : undefined;
    });
  }, 120_000);
  afterAll(async () => {
    worker.kill('SIGTERM');
    await worker;
    await client.connection.close();
    await place.stop();
  }, 60_000);

  it.each(carriedOut)(
    '$line ($file)',
    async ({ line }) => {
      const script = line.includes(AN_ID) ? line.replace(AN_ID, await newestId()) : line;
      // The line before may have deleted it.
      if (line.includes('schedule delete')) await safepoint(['schedule', 'apply', '--yes'], env);

      const { exitCode, stdout, all } = await execa('sh', ['-c', script], {
        cwd: line.startsWith('npx') ? root : folder,
        env,
        all: true,
        reject: false,
        stdin: 'ignore',
      });
      await untilEnded(stdout);

      expect({ line, exitCode, all: exitCode === 0 ? '' : all }).toEqual({ line, exitCode: 0, all: '' });
    },
    60_000,
  );

  async function newestId(): Promise<string> {
    const { sets } = expectJson('list', (await safepoint(['list', '--json'], env)).stdout);
    return sets[0]?.backupId ?? 'none';
  }

  /** Lines that only start a run name it; the next one would find the cluster busy. */
  async function untilEnded(stdout: string): Promise<void> {
    const started = /^(backup-\S+)\nFollow it|WorkflowId +(\S+)/m.exec(stdout);
    const workflowId = started?.[1] ?? started?.[2];
    if (workflowId !== undefined) await client.workflow.getHandle(workflowId).result();
  }
});
