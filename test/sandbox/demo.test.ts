import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { findMissing } from '../../sandbox/stack/pieces.ts';
import { poll } from '../../sandbox/stack/poll.ts';
import { processesUsing } from '../support/processes.ts';

const DEMO_MS = 180_000;
const RESTORE_MS = 900_000;
const GONE_MS = 5_000;

/** The working folder of the demo, which keeps its data below it. */
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'safepoint-demo-'));
  // PostgreSQL runs as another user when the tests run as root, and must get through to its own folder.
  await chmod(folder, 0o755);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('sandbox/demo: --simulated', () => {
  it(
    'takes a complete backup, shows each part and the proof, and leaves no process',
    async () => {
      const { exitCode, stdout } = await startDemo();

      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(/^complete: backup \d+ of demo$/m);
      expect(stdout).toMatch(/^cut +proven$/m);
      const workflowId = /^run +(\S+)$/m.exec(stdout)?.[1];
      expect(stdout).toContain(`the run is kept: ${workflowId} will be listed`);
      expect(statesOfParts(stdout)).toEqual({
        zeebe: 'COMPLETED',
        webapps: 'COMPLETED',
        optimize: 'COMPLETED',
        'zeebe-records': 'SUCCESS',
        'web-modeler': 'STORED',
      });
      await untilNobodyUses(folder);
    },
    DEMO_MS,
  );

  it(
    'stops what it has started when it is interrupted in the middle of its start',
    async () => {
      const demo = startDemo();
      await poll('the first server', DEMO_MS, () => Promise.resolve(namesServer(processesUsing(folder))));

      demo.kill('SIGINT');
      const { exitCode, stdout, stderr } = await demo;

      expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
      expect(stdout).not.toContain('ready after');
      await untilNobodyUses(folder);
    },
    DEMO_MS,
  );

  it('names a piece that cannot be had and its remedy, and starts nothing', async () => {
    const { exitCode, stdout } = await startDemo({ TEMPORAL_CLI_PATH: '/nonexistent' });

    expect(exitCode).toBe(2);
    expect(stdout).toBe(
      'temporal cannot be had: TEMPORAL_CLI_PATH names /nonexistent, which is no program. ' +
        'Remedy: correct TEMPORAL_CLI_PATH, or unset it',
    );
    expect(existsSync(path.join(folder, '.sandbox'))).toBe(false);
    expect(processesUsing(folder)).toEqual([]);
  });

  it('refuses to destroy and restore what has no data, and starts nothing', async () => {
    const { exitCode, stdout } = await startDemo({}, ['--simulated', '--restore']);

    expect(exitCode).toBe(2);
    expect(stdout).toBe(
      '--restore needs the real Camunda: the simulated one has no data to destroy. Leave out --simulated.',
    );
    expect(existsSync(path.join(folder, '.sandbox'))).toBe(false);
  });
});

const missing = await findMissing();
const describeReal = missing.length === 0 ? describe : describe.skip;

describeReal('sandbox/demo: --restore', () => {
  it(
    'destroys a real Camunda, restores it by the product alone, and counts the same as before',
    async () => {
      const { exitCode, stdout } = await startDemo({}, ['--restore'], RESTORE_MS);

      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
      expect(stdout).toMatch(
        /^destroyed: [1-9]\d* indices, the data of the broker, the database web_modeler$/m,
      );
      expect(stdout).toMatch(/^restored: set \d+ of demo into demo, in /m);
      const same = ': 0 lost, 0 orphans$';
      expect(stdout).toMatch(
        new RegExp(`^process instances +([1-9]\\d*) known .*, \\1 shown .*${same}`, 'm'),
      );
      expect(stdout).toMatch(new RegExp(`^user tasks +[1-9]\\d* known .*, [1-9]\\d* shown .*${same}`, 'm'));
      const rows = '20 users, 10 projects, 200 files, 2000 versions';
      expect(stdout).toMatch(
        new RegExp(`^rows .* (${rows} \\(digest [0-9a-f]{8}\\)) before, \\1 after$`, 'm'),
      );
      await untilNobodyUses(folder);
    },
    RESTORE_MS,
  );
});

/** The demo as a person would start it. It never rejects: look at `exitCode`. */
function startDemo(env: Record<string, string> = {}, args = ['--simulated'], timeoutMs = DEMO_MS) {
  const program = path.join(import.meta.dirname, '../../sandbox/demo.ts');
  return execa(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    reject: false,
    stdin: 'ignore',
    timeout: timeoutMs - 20_000,
  });
}

function statesOfParts(stdout: string): Record<string, string> {
  const rows = stdout.matchAll(/^([a-z-]+) +(COMPLETED|SUCCESS|STORED) /gm);
  return Object.fromEntries([...rows].map(([, part = '', state = '']) => [part, state]));
}

/** The servers keep their files below the data folder, the demo itself only works in the folder. */
function namesServer(commandLines: string[]): true | undefined {
  return commandLines.some((line) => line.includes(path.join(folder, '.sandbox'))) ? true : undefined;
}

async function untilNobodyUses(used: string): Promise<void> {
  await poll(`no process to use ${used}`, GONE_MS, () =>
    Promise.resolve(processesUsing(used).length === 0 ? true : undefined),
  );
}
