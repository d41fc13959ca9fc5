import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';

const root = path.join(import.meta.dirname, '..', '..');
let copy: string;

/** A copy of what the gate needs, so that workflow code can be changed without harm. */
beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'safepoint-replay-gate-'));
  for (const part of [
    'src',
    'test/replay',
    'test/histories',
    'test/reporter.js',
    'test/noPromiseHooks.js',
    'package.json',
    'jest.config.js',
  ])
    cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
});
afterAll(() => {
  rmSync(copy, { recursive: true });
});

async function runGate(): Promise<{ exitCode?: number; all?: string }> {
  return await execa('npm', ['run', '--silent', 'check:replay'], { cwd: copy, all: true, reject: false });
}

/** Changes one place of a workflow for the time of the test. */
async function withChange<T>(file: string, from: string, to: string, work: () => Promise<T>): Promise<T> {
  const target = path.join(copy, 'src/workflows', file);
  const text = readFileSync(target, 'utf8');
  expect(text.split(from)).toHaveLength(2); // the change must hit exactly one place
  writeFileSync(target, text.replace(from, to));
  try {
    return await work();
  } finally {
    writeFileSync(target, text);
  }
}

describe('toolchain: the replay gate of `npm run verify`', () => {
  it('is one of its checks', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };

    expect(scripts['verify']?.split(' ')).toContain('check:replay');
  });

  it('passes for the workflow code as it is', async () => {
    const { exitCode } = await runGate();

    expect(exitCode).toBe(0);
  }, 120_000);

  it.each([
    [
      'a step that is left out',
      'backup.ts',
      'await bestEffort(recordFailure.executeWithOptions(marking, [{ plan, backupId, ...failure }]));',
      '',
    ],
    [
      'a step before its time',
      'backupWindow.ts',
      "    exporting = 'pausing';\n",
      "    exporting = 'pausing';\n    await resume();\n",
    ],
    [
      'a timer in place of an activity',
      'resume.ts',
      'const input = inputOf(resuming);',
      'const input = inputOf(resuming);\n    await sleep(1);',
    ],
    [
      'a new step that old plans do not rule out',
      'backup.ts',
      'if (plan.attempts === undefined) return; // a run of 0.1.0',
      '',
    ],
  ])(
    'fails for %s',
    async (_, file, from, to) => {
      const { exitCode, all } = await withChange(file, from, to, runGate);

      expect(exitCode).not.toBe(0);
      expect(all).toMatch(/[Nn]ondeterminism/);
    },
    120_000,
  );
});
