import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../../sandbox/stack/cache.ts';
import { findOnPath } from '../../sandbox/stack/findOnPath.ts';

const version = 'v1.2.1';

/** The programs `age` and `age-keygen`: those of the system, else as their author publishes them, built with Go into the cache. */
export async function findAge(): Promise<{ age: string; keygen: string }> {
  const [age, keygen] = [findOnPath('age'), findOnPath('age-keygen')];
  if (age !== undefined && keygen !== undefined) return { age, keygen };
  const dir = await cached(`age-${version}`, async (target) => {
    await execa('go', ['install', `filippo.io/age/cmd/...@${version}`], { env: { GOBIN: target } });
  });
  return { age: path.join(dir, 'age'), keygen: path.join(dir, 'age-keygen') };
}
