import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { expectJson } from './expectJson.ts';
import { safepoint } from './safepoint.ts';

describe('cli/main: the command line', () => {
  it('--help lists the commands and the exit codes', async () => {
    const { exitCode, stdout } = await safepoint(['--help']);

    expect(exitCode).toBe(0);
    for (const command of ['run', 'doctor', 'list', 'show', 'worker']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(stdout).toMatch(/^ {2}130 {2}interrupted/m);
  });

  it.each([
    ['no argument', ['run'], "missing required argument 'cluster'"],
    ['an unknown command', ['backup'], "unknown command 'backup'"],
    ['an unknown procedure', ['run', 'prod', '--procedure', 'fast'], 'Allowed choices are sequential'],
    ['wait and detach at once', ['run', 'prod', '--wait', '--detach'], 'cannot be used with'],
    ['a backup id that is no number', ['run', 'prod', '--backup-id', '12a'], 'backupId: a positive integer'],
    [
      'a config that is not there',
      ['list', '--config', '/nowhere.yaml'],
      'InvalidConfig: config file /nowhere.yaml',
    ],
  ])('%s ends with exit code 2 and says what is wrong', async (_kind, args, message) => {
    const { exitCode, stdout, stderr } = await safepoint(args);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('puts the failure into JSON with --json', async () => {
    const { exitCode, stdout } = await safepoint(['doctor', 'prod', '--json', '--config', '/nowhere.yaml']);

    const { error } = expectJson('failure', stdout);
    expect(exitCode).toBe(2);
    expect(error.code).toBe('InvalidConfig');
    expect(error.operatorAction).not.toBe('');
  });

  it('a Temporal that does not answer ends with exit code 6 and the next step', async () => {
    const { exitCode, stderr } = await safepoint(['run', 'prod'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });

    expect(exitCode).toBe(6);
    expect(stderr).toContain('TemporalUnreachable: Temporal does not answer: 127.0.0.1:1');
    expect(stderr).toContain('TEMPORAL_ADDRESS');
  });

  it('refuses TLS without host verification, which would not happen', async () => {
    const { exitCode, stderr } = await safepoint(['run', 'prod'], {
      TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: 'true',
    });

    expect(exitCode).toBe(2);
    expect(stderr).toContain('TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is set');
  });

  it('bears a reader that leaves early', async () => {
    const running = safepoint(['--help']);
    running.stdout.destroy();

    const { exitCode, stderr } = await running;

    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
  });

  it('fails where its output cannot be written', async () => {
    const { exitCode } = await execa(
      'sh',
      ['-c', '"$0" src/client.ts --help > /dev/full', process.execPath],
      { reject: false },
    );

    expect(exitCode).toBe(1);
  });
});
