import type { WireFault } from '../../sandbox/simulator/faults/wireFault.ts';
import { dumpName } from '../../src/domain/setKeys.ts';
import type { ClusterUnderTest } from './cluster.ts';
import type { Installation } from './installation.ts';
import { until } from './until.ts';

/** A point of a run at which something is about to break. */
export type Moment = {
  at: string; // completes `when ...`
  isPaused: boolean; // exporting, at this moment
  /** Started only when the others are at their moments, 2 after 1: the client gives a request up after 10 s, and this one would not bear that. */
  late?: 1 | 2;
  /** Brings the run of this cluster there and keeps it there. */
  hold: (cluster: ClusterUnderTest) => Held;
};

export type Held = {
  reached: () => boolean;
  /** For an activity that shall end unseen by Temporal: lets it go on, and tells when it is done. */
  finish?: { letGo(): void; isDone(installation: Installation): boolean | Promise<boolean> };
  /** Back to normal, for who comes next. */
  undo: () => void;
};

type Question = Pick<WireFault, 'on' | 'skip'>;

/** The request is lost: it reached the component and was not acted on, and nothing is ever answered. */
export function unheard(question: Question): Moment['hold'] {
  return holdAt({ ...question, when: 'before', answer: 'hang' });
}

/** The component did what it was asked, and the answer never comes. */
export function unanswered(question: Question): Moment['hold'] {
  return holdAt({ ...question, when: 'after', answer: 'hang' });
}

/** The activity is held at its last steps, then ends while Temporal cannot hear of it. */
export function unreported(
  question: Question,
  isDone: (cluster: ClusterUnderTest, installation: Installation) => boolean | Promise<boolean>,
): Moment['hold'] {
  return (cluster) => {
    const gate = Promise.withResolvers<undefined>();
    const held = holdAt({ ...question, hold: gate.promise })(cluster);
    const letGo = () => {
      gate.resolve(undefined);
    };
    return { ...held, finish: { letGo, isDone: (installation) => isDone(cluster, installation) } };
  };
}

function holdAt(fault: WireFault): Moment['hold'] {
  return ({ simulator }) => {
    const handle = simulator.faults.add(fault);
    return {
      reached: () => handle.hits() > 0,
      undo() {
        handle.remove();
      },
    };
  };
}

/** In the middle of the dump: some of the database has come, the rest does not. */
export function inDump({ proxies }: ClusterUnderTest): Held {
  const proxy = proxies.database;
  const before = proxy?.counts().bytes.toClient ?? 0;
  proxy?.suffer({ delayMs: 30 });
  return {
    reached() {
      const isAtWork = (proxy?.counts().bytes.toClient ?? 0) - before > 300_000;
      if (isAtWork) proxy?.suffer({ blackHole: true });
      return isAtWork;
    },
    undo() {
      proxy?.heal();
    },
  };
}

/** The whole dump has come into the store. */
export function dumpUnreported(cluster: ClusterUnderTest): Held {
  const held = inDump(cluster);
  const isDone = (installation: Installation) =>
    hasObject(installation, cluster.name, dumpName('web-modeler'));
  return { ...held, finish: { letGo: held.undo, isDone } };
}

/** Whether an object of the name is in a set of the cluster. */
export async function hasObject(installation: Installation, cluster: string, name: string): Promise<boolean> {
  for await (const { key } of installation.openStore().list(`${cluster}/`))
    if (key.endsWith(`/${name}`)) return true;
  return false;
}

/** Waits until all runs are at their moments. */
export async function allReached(held: Record<string, Held>): Promise<void> {
  const each = Object.entries(held).map(([name, moment]) =>
    until(`the run of ${name} is at its moment`, () => moment.reached(), 60_000),
  );
  await Promise.all(each);
}
