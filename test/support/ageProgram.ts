import path from 'node:path';
import { execa } from 'execa';
import { cached } from '../../sandbox/stack/cache.ts';

const version = 'v1.2.1';

/** The programs `age` and `age-keygen` as their author publishes them, built with Go into the cache unless they are there. */
export async function findAge(): Promise<{ age: string; keygen: string }> {
  const dir = await cached(`age-${version}`, async (target) => {
    await execa('go', ['install', `filippo.io/age/cmd/...@${version}`], { env: { GOBIN: target } });
  });
  return { age: path.join(dir, 'age'), keygen: path.join(dir, 'age-keygen') };
}
