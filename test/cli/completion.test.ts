import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { findOnPath } from '../../sandbox/stack/findOnPath.ts';
import { putIntoFolder, safepoint } from './safepoint.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion';

/** Code in each shell that calls the function of the script as the key does, and prints what it offers, one a line. */
const PRESS = {
  bash: `
    . ${BASH_COMPLETION}
    . <(safepoint completion bash)
    compopt() { :; }
    eval "COMP_WORDS=($1)"
    [[ $1 == *' ' ]] && COMP_WORDS+=('')
    COMP_LINE=$1 COMP_POINT=\${#1} COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    __safepoint_complete
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `
    compdef() { : }
    _describe() { print -l -- "\${completions[@]%%:*}" }
    . <(safepoint completion zsh)
    words=("\${(@s: :)1}") CURRENT=\${#words}
    _safepoint`,
  fish: `
    safepoint completion fish | source
    complete --do-complete $argv[1]
    true`,
};
type Shell = keyof typeof PRESS;

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-completion-'));
  putIntoFolder(folder);
  env = {
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    SAFEPOINT_CONFIG: path.join(ROOT, 'safepoint.example.yaml'),
  };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function press(shell: Shell, line: string): Promise<string[]> {
  const args = shell === 'fish' ? ['-c', PRESS.fish, line] : ['-c', PRESS[shell], shell, line];
  const { stdout, stderr } = await execa(shell, args, { env, stdin: 'ignore' });
  expect(stderr).toBe('');
  const words = stdout.split('\n').map((line) => line.split('\t')[0] ?? ''); // fish describes them
  return words.filter((word) => word !== '');
}

describe.each(Object.keys(PRESS) as Shell[])('cli/completion: %s', (shell) => {
  const isThere = findOnPath(shell) !== undefined && (shell !== 'bash' || existsSync(BASH_COMPLETION));
  const wherePresent = isThere ? it : it.skip;
  const why = isThere ? '' : ` (skipped: apt-get install ${shell === 'bash' ? 'bash-completion' : shell})`;

  wherePresent.each([
    ['commands', 'safepoint s', ['schedule', 'show', 'status']],
    ['subcommands', 'safepoint schedule un', ['unpause']],
    ['options', 'safepoint run prod --d', ['--detach']],
    ['values of an option', 'safepoint run prod --procedure ', ['history-first', 'parallel', 'sequential']],
    ['clusters', 'safepoint run ', ['legacy', 'prod']],
    ['clusters as an option', 'safepoint show 1795399832 --cluster p', ['prod']],
    ['schedules', 'safepoint schedule pause ', ['prod-nightly']],
    ['the shells', 'safepoint completion ', ['bash', 'fish', 'zsh']],
  ])(
    `offers %s${why}`,
    async (_what, line, expected) => {
      const offered = await press(shell, line);

      expect(offered.sort()).toEqual(expected);
    },
    60_000,
  );
});

describe('cli/completion', () => {
  it('offers nothing and stays silent without a config', async () => {
    const asked = await safepoint(['complete', '--', 'run', ''], { SAFEPOINT_CONFIG: '/nowhere.yaml' });

    expect(asked).toMatchObject({ exitCode: 0, stdout: ':4', stderr: '' });
  });

  it('offers no name that a shell might carry out', async () => {
    const config = path.join(folder, 'hostile.yaml');
    writeFileSync(config, 'clusters: { prod: {}, "$(touch x)": {}, "a b": {} }');

    const { stdout } = await safepoint(['complete', '--', '--config', config, 'run', '']);

    expect(stdout.split('\n').map((line) => line.trim())).toEqual(['prod', ':4']);
  });

  it('of a shell that it does not know is refused', async () => {
    const { exitCode, stderr } = await safepoint(['completion', 'powershell']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('Allowed choices are bash, zsh, fish');
  });
});
