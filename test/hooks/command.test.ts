import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandHook } from '../../src/config/hooks.ts';
import { commandProblem, runCommandHook } from '../../src/hooks/command.ts';
import type { HookCall } from '../../src/hooks/contract.ts';
import { hookFolder, until } from './hookPrograms.ts';

const CALL: HookCall = {
  hook: 'stop',
  cluster: 'drill',
  backupId: '1042',
  setCluster: 'prod',
  runId: 'run-7',
};

let place: ReturnType<typeof hookFolder>;
beforeEach(() => {
  place = hookFolder();
});
afterEach(async () => {
  delete process.env.HOOK_TEST_PASSWORD;
  delete process.env.HOOK_TEST_FOREIGN;
  await until(() => place.running().length === 0); // nothing may be left of any of these
  place.remove();
});

function run(hook: CommandHook, options: { signal?: AbortSignal; lines?: string[] } = {}): Promise<string> {
  const { signal = new AbortController().signal, lines = [] } = options;
  return runCommandHook(hook, CALL, { signal, onProgress: (line) => lines.push(line) });
}

function failureOf(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => 'it ended well',
    (error: unknown) => error,
  );
}

describe('hooks/command: what a hook gets', () => {
  it('is told what it is run for, and nothing of the environment of the worker beside', async () => {
    process.env.HOOK_TEST_FOREIGN = 'business of the worker';
    const hook = place.script(
      'env | grep -v -e ^PATH -e ^HOME -e ^LD_ -e ^TMPDIR -e ^TZ -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD | sort',
    );

    const output = await run(hook);

    expect(output.trim().split('\n')).toEqual([
      'LC_ALL=C',
      'SAFEPOINT_BACKUP_ID=1042',
      'SAFEPOINT_CLUSTER=drill',
      'SAFEPOINT_HOOK=stop',
      'SAFEPOINT_RUN_ID=run-7',
      'SAFEPOINT_SET_CLUSTER=prod',
    ]);
  });

  it('gets arguments as they are written, without a shell', async () => {
    const hook = place.script('printf "<%s>" "$@"');
    hook.command.push('a b', '$HOME', '*', ';ls');

    expect(await run(hook)).toBe('<a b><$HOME><*><;ls>');
  });

  it('finds nothing on its stdin, so that a question does not hang', async () => {
    const hook = place.script('read answer || echo nobody answers');

    expect(await run(hook)).toBe('nobody answers\n');
  });

  it('gets its secrets by environment; what it says of them is cut out', async () => {
    process.env.HOOK_TEST_PASSWORD = 'kielbasa-4711';
    const env = { DB_PASSWORD: { env: 'HOOK_TEST_PASSWORD' } };
    const hook = place.script('echo "${#DB_PASSWORD} characters: $DB_PASSWORD"', { env });

    expect(await run(hook)).toBe('13 characters: ***\n');
  });
});

describe('hooks/command: a hook that ends badly', () => {
  it('fails with its exit code and the last lines of both outputs, without secrets', async () => {
    process.env.HOOK_TEST_PASSWORD = 'kielbasa-4711';
    const env = { DB_PASSWORD: { env: 'HOOK_TEST_PASSWORD' } };
    const hook = place.script('echo stopping; echo "refused: $DB_PASSWORD" >&2; exit 3', { env });

    const failure = await failureOf(run(hook));

    expect(failure).toMatchObject({
      code: 'HookFailed',
      message: expect.stringMatching(/^hook stop of drill: .*\/hook ended with exit code 3; it said last:\n/),
    });
    expect(String(failure)).toMatch(/stopping/);
    expect(String(failure)).toMatch(/refused: \*\*\*$/m);
  });

  it('takes along what it started', async () => {
    const hook = place.script(`sh -c 'while :; do sleep 1; done' ${place.folder}/child & exit 1`);

    await expect(run(hook)).rejects.toMatchObject({ code: 'HookFailed' });

    await until(() => place.running().length === 0);
  });

  it.each([
    ['is not there', ['./no-such-hook'], /no-such-hook could not be started: ENOENT; it said nothing$/],
    ['kills itself', ['/bin/sh', '-c', 'kill -9 $$'], /ended with exit code 137; it said nothing$/],
  ])('that %s', async (_, command, message) => {
    await expect(run({ command, env: {}, timeout: 20_000 })).rejects.toThrow(message);
  });

  it('fails before it is started when a secret is missing', async () => {
    const hook = place.script(`touch ${place.folder}/started`, { env: { X: { env: 'HOOK_TEST_PASSWORD' } } });

    await expect(run(hook)).rejects.toMatchObject({ code: 'SecretMissing' });

    expect(existsSync(path.join(place.folder, 'started'))).toBe(false);
  });
});

describe('hooks/command: a hook that does not end', () => {
  it('is ended at its time limit, with time to tidy up', async () => {
    const hook = place.script(
      `trap 'echo tidied > ${place.folder}/tidied; exit 0' TERM
       echo waiting; while :; do sleep 0.1; done`,
      { timeout: 1_000 },
    );

    await expect(run(hook)).rejects.toThrow(/was not over after 1s and was ended; it said last:\nwaiting/);

    expect(readFileSync(path.join(place.folder, 'tidied'), 'utf8')).toBe('tidied\n');
  });

  it('is killed when it ignores SIGTERM, children and all', async () => {
    const loop = 'while :; do sleep 0.1; done';
    const hook = place.script(
      `trap '' TERM; sh -c 'trap "" TERM; ${loop}' ${place.folder}/child & echo up; ${loop}`,
      { timeout: 1_000 },
    );

    await expect(run(hook)).rejects.toMatchObject({ code: 'HookFailed' });

    expect(place.running()).toEqual([]);
  }, 20_000);

  it('is ended by a cancel, with the reason of the signal', async () => {
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    const hook = place.script(`touch ${place.folder}/started; while :; do sleep 0.1; done`);

    const running = failureOf(run(hook, { signal: cancel.signal }));
    await until(() => existsSync(path.join(place.folder, 'started')));
    cancel.abort(reason);

    expect(await running).toBe(reason);
    expect(place.running()).toEqual([]);
  });

  it('goes along with a worker that is killed', async () => {
    const hook = place.script(`touch ${place.folder}/started; while :; do sleep 0.1; done`);
    const keeper = path.join(import.meta.dirname, '..', '..', 'src', 'hooks', 'keeperProgram.ts');
    // A process whose death nobody announces, as that of a worker that gets SIGKILL: only its end of the pipe is gone.
    const keep = `const { spawn } = require('node:child_process');
      spawn(process.execPath, ${JSON.stringify([keeper, ...hook.command])}, { detached: true });`;
    const worker = spawn(process.execPath, ['-e', `${keep} setInterval(() => undefined, 1000);`]);
    await until(() => existsSync(path.join(place.folder, 'started')));

    worker.kill('SIGKILL');

    await until(() => place.running().length === 0);
  });
});

describe('hooks/command: a hook that leaves something running', () => {
  it('has ended well; what holds its output does not hold the restore, and is left in peace', async () => {
    const hook = place.script(
      `sh -c 'while [ ! -e ${place.folder}/over ]; do sleep 0.1; done' ${place.folder}/camunda & echo started`,
    );

    const output = await run(hook);

    expect(output).toBe('started\n');
    expect(place.running()).toHaveLength(1);
    hook.command = ['/usr/bin/touch', path.join(place.folder, 'over')];
    await run(hook);
  });
});

describe('hooks/command: what a hook says', () => {
  it('is kept at its start and end when there is too much of it', async () => {
    const hook = place.script('echo first; seq 1 2000000; echo last');

    const output = await run(hook);

    expect(output.length).toBeLessThan(66_000);
    expect(output).toMatch(/^first\n1\n2\n/);
    expect(output).toMatch(/\n\.\.\. 148\d{5} characters are left out here \.\.\.\n\d+\n/);
    expect(output).toMatch(/\n2000000\nlast\n$/);
  });

  it('is told while it runs', async () => {
    const lines: string[] = [];
    const hook = place.script(
      `echo brokers are down; while [ ! -e ${place.folder}/heard ]; do sleep 0.1; done`,
    );

    const running = run(hook, { lines });
    await until(() => lines.includes('brokers are down'));
    await run({ ...hook, command: ['/usr/bin/touch', path.join(place.folder, 'heard')] });

    await expect(running).resolves.toBe('brokers are down\n');
  });
});

describe('hooks/command: whether a hook can be run', () => {
  it.each([
    ['a name on PATH', 'sh', undefined],
    ['a file that can be executed', '/bin/sh', undefined],
    ['a name that is not on PATH', 'no-such-hook', /not on PATH/],
    ['a file that is not there', './no-such-hook', /\/no-such-hook is not there or cannot be executed/],
    ['a folder', '/tmp', /not there or cannot be executed/],
  ])('%s', (_, file, problem) => {
    const found = commandProblem({ command: [file], env: {}, timeout: 1 });

    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });

  it('a file that cannot be executed', () => {
    const hook = place.script('true');
    chmodSync(hook.command[0] ?? '', 0o644);

    expect(commandProblem(hook)).toMatch(/hook is not there or cannot be executed$/);
  });
});
