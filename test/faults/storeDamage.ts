import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Scene, StoreCase } from './storeRuns.ts';
import { DUMP } from './storeRuns.ts';
import { until } from './until.ts';

type During = NonNullable<StoreCase['during']>;

/** Something that happens while Zeebe takes its part. */
export function whilePaused(act: During): During {
  return async (scene) => {
    const { phases, simulator } = scene.cluster;
    await until(
      'exporting is paused',
      () => simulator.triggerCount('zeebe') > 0 && phases().every((phase) => phase !== 'EXPORTING'),
      120_000,
    );
    await act(scene);
  };
}

/** Something that happens once, when all is captured and dumped, and before it is verified. */
export function loseBeforeSeal(act: During): During {
  return async (scene) => {
    const gate = Promise.withResolvers<undefined>();
    const asked = scene.cluster.simulator.faults.add({
      on: 'GET searchEngine /_snapshot/camunda/camunda_webapps_*',
      times: 1,
      hold: gate.promise,
    });
    await until('the set is being verified', () => asked.hits() > 0, 180_000);
    await act(scene);
    gate.resolve(undefined);
  };
}

/** Removes objects of these names behind the back of the product. */
export function lose(...names: string[]): During {
  return async (scene) => {
    for (const name of names) await scene.installation.openStore().remove(await keyOf(scene, name));
  };
}

/** Writes the dump anew as the bytes that `change` makes of it; in place where it returns none. */
export function corrupt(change: (bytes: Buffer) => Buffer | number): During {
  return async (scene) => {
    const store = scene.installation.openStore();
    const key = await keyOf(scene, DUMP);
    const bytes = await buffer(await store.getStream(key));
    const changed = change(bytes);
    await store.putStream(key, Readable.from([typeof changed === 'number' ? bytes : changed]));
  };
}

/** Camunda has paused and nobody knows; the next attempt may not even read what the first one wrote down. */
export const failsAfterLostPause: During = async ({ cluster, gate }) => {
  const lost = cluster.simulator.faults.add({
    on: 'POST zeebe pause',
    when: 'after',
    answer: 'reset',
    times: 1,
  });
  await until('the answer to the pause is lost', () => lost.hits() === 1, 120_000);
  const denied = gate.add({ cluster: cluster.name, on: '*', does: 'deny' });
  await until('exporting runs again', () => cluster.phases().every((phase) => phase === 'EXPORTING'), 60_000);
  denied.remove();
};

async function keyOf({ cluster, installation }: Scene, name: string): Promise<string> {
  for await (const { key } of installation.openStore().list(`${cluster.name}/`))
    if (key.endsWith(`/${name}`)) return key;
  throw new Error(`${cluster.name} has no object ${name}`);
}
