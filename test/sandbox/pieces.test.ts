import { mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findMissing } from '../../sandbox/stack/pieces.ts';
import { findTemporalCli } from '../../sandbox/stack/temporal.ts';

const changed = ['PATH', 'JAVA_HOME', 'XDG_CACHE_HOME', 'TEMPORAL_CLI_PATH'] as const;
const before = changed.map((name) => [name, process.env[name]] as const);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'safepoint-pieces-'));
  Object.assign(process.env, { PATH: folder, JAVA_HOME: '', XDG_CACHE_HOME: folder, TEMPORAL_CLI_PATH: '' });
});

afterEach(async () => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await rm(folder, { recursive: true, force: true });
});

describe('sandbox/stack/pieces: findMissing', () => {
  it('names each piece that a bare machine cannot have, and the remedy', async () => {
    const missing = await findMissing(['s3', 'temporal', 'opensearch', 'camunda']);

    expect(missing.map(({ piece, install }) => `${piece}: ${install}`)).toEqual([
      's3: apt-get install python3-venv',
      'temporal: apt-get install python3-venv',
      'opensearch: apt-get install default-jdk-headless',
      'opensearch: apt-get install maven',
      'camunda: apt-get install python3-venv',
      'camunda: apt-get install maven',
    ]);
  });

  it('needs no Python for Temporal when its CLI is on PATH', async () => {
    await symlink(process.execPath, path.join(folder, 'temporal'));

    await expect(findMissing(['temporal'])).resolves.toEqual([]);
    await expect(findTemporalCli()).resolves.toBe(path.join(folder, 'temporal'));
  });

  it('does not pass over a TEMPORAL_CLI_PATH that is wrong', async () => {
    await symlink(process.execPath, path.join(folder, 'temporal'));
    process.env['TEMPORAL_CLI_PATH'] = path.join(folder, 'nothing');

    const [missing] = await findMissing(['temporal']);

    expect(missing).toMatchObject({ piece: 'temporal', install: 'correct TEMPORAL_CLI_PATH, or unset it' });
    await expect(findTemporalCli()).rejects.toThrow('TEMPORAL_CLI_PATH names');
  });
});
