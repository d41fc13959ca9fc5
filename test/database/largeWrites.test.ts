import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { withLargeWrites } from '../../src/database/largeWrites.ts';
import { startCommand } from '../../src/system/command.ts';

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

const command = { file: 'env', args: [], env: { LC_ALL: 'C' } };

describe('database/largeWrites', () => {
  it('tells the C library of the program, and of those that it starts, to write 64 KiB at a time', async () => {
    const running = startCommand(withLargeWrites(command));

    const environment = await text(running.stdout);

    expect(await running.ended).toMatchObject({ ok: true });
    expect(environment).toMatch(/^_STDBUF_O=65536$/m);
    expect(environment).toMatch(/^LD_PRELOAD=.*libstdbuf/m);
  });

  it('leaves the command as it is without stdbuf', () => {
    process.env.PATH = '/nonexistent';

    expect(withLargeWrites(command)).toEqual(command);
  });
});
