import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { withLargeWrites } from '../../src/database/largeWrites.ts';
import { startCommand } from '../../src/system/command.ts';

const folders = process.env.PATH;
afterEach(() => {
  process.env.PATH = folders;
});

const command = { file: 'env', args: [], env: { LC_ALL: 'C' } };

describe('database/largeWrites', () => {
  it('tells the C library of the program, and of those that it starts, to write 64 KiB at a time', async () => {
    const running = startCommand(await withLargeWrites(command));

    const environment = await text(running.stdout);

    expect(await running.ended).toMatchObject({ ok: true });
    expect(environment).toMatch(/^_STDBUF_O=65536$/m);
    expect(environment).toMatch(/^LD_PRELOAD=.*libstdbuf/m);
  });

  it.each([
    ['there is no stdbuf', undefined],
    ['stdbuf does not work', 'echo "stdbuf: failed to find libstdbuf.so" >&2; exit 125'],
  ])('leaves the command as it is where %s', async (_, script) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-stdbuf-'));
    process.env.PATH = folder;
    if (script !== undefined)
      writeFileSync(path.join(folder, 'stdbuf'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

    expect(await withLargeWrites(command)).toEqual(command);

    rmSync(folder, { recursive: true });
  });
});
