import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { ageDecryption, ageEncryption } from '../../src/storage/age.ts';
import { readIdentities, recipientsOf } from '../../src/system/age.ts';
import { findAge } from '../support/ageProgram.ts';

let dir: string;
let programs: Awaited<ReturnType<typeof findAge>>;
let keyFile: string;
let recipient: string;

beforeAll(async () => {
  programs = await findAge();
  dir = mkdtempSync(path.join(os.tmpdir(), 'safepoint-age-'));
  keyFile = path.join(dir, 'key.txt');
  await execa(programs.keygen, ['-o', keyFile]);
  recipient = (await execa(programs.keygen, ['-y', keyFile])).stdout;
}, 120_000);

afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe('storage/age: beside the program of its author', () => {
  it('reads the key file as age-keygen writes it', async () => {
    const identities = readIdentities({ file: keyFile });

    expect(readFileSync(keyFile, 'utf8')).toMatch(/^# created: /);
    expect(await recipientsOf(identities)).toEqual([recipient]);
  });

  it.each([0, 1, 65_536, 65_537, 10_000_000])('`age -d` reads what it writes: %i bytes', async (size) => {
    const plain = randomBytes(size);
    const encryption = await ageEncryption([recipient]);
    const file = path.join(dir, 'ours.age');
    Readable.from(size === 0 ? [] : [plain]).pipe(encryption);
    writeFileSync(file, await buffer(encryption));

    const { stdout } = await execa(programs.age, ['-d', '-i', keyFile, file], {
      encoding: 'buffer',
      stripFinalNewline: false, // it may be one of the random bytes
    });

    expect(plain.equals(stdout)).toBe(true);
  });

  it('reads what `age -r` writes', async () => {
    const plain = randomBytes(1_000_000);
    const sealed = await execa(programs.age, ['-r', recipient], {
      input: plain,
      encoding: 'buffer',
      stripFinalNewline: false,
    });

    const decryption = ageDecryption(readIdentities({ file: keyFile }));
    Readable.from([Buffer.from(sealed.stdout)]).pipe(decryption);

    expect(plain.equals(await buffer(decryption))).toBe(true);
  });
});
