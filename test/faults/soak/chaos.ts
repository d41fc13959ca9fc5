import fc from 'fast-check';
import { halfJson, proxyPage } from '../../../sandbox/simulator/faults/answers.ts';
import type { StateFault } from '../../../sandbox/simulator/faults/stateFault.ts';
import type { FaultTarget, WireFault } from '../../../sandbox/simulator/faults/wireFault.ts';
import type { SimulatedPart } from '../../../sandbox/simulator/options.ts';
import { PROCEDURE_NAMES, type ProcedureName } from '../../../src/contract/backup.ts';
import type { ClusterShape, ProxyName } from '../cluster.ts';
import { SIGNS, type Sign } from './signs.ts';

/** Each lane takes every n-th run on a cluster of its own; Temporal, store and worker are shared. */
export const LANES = {
  one: {},
  three: { brokers: 3, optimize: false },
  older: { profile: '8.6' },
  dumped: { database: true, optimize: false },
} as const satisfies Record<string, ClusterShape>;
export type Lane = keyof typeof LANES;

/** What a connection leads to. */
export type Link = 'temporal' | 'store' | ProxyName;

export type Chaos =
  /** kill -9, and another one after a while. Hits all lanes, as everything else about workers and Temporal does. */
  | { kind: 'worker killed'; downMs: number }
  /** A rollout: the second one comes, the first one gets SIGTERM. */
  | { kind: 'worker replaced' }
  | { kind: 'worker frozen'; forMs: number }
  | { kind: 'temporal killed'; downMs: number }
  | { kind: 'cut'; link: Link }
  | { kind: 'refused'; link: Link; forMs: number }
  /** Nothing goes through, and nobody is told. */
  | { kind: 'silent'; link: Link; forMs: number }
  | { kind: 'slow'; link: Link; delayMs: number; forMs: number }
  /** Armed before the run starts; with `hangMs` the answer comes late and is a reset. */
  | { kind: 'wire'; fault: WireFault; hangMs?: number }
  /** Armed before the run starts. */
  | { kind: 'state'; fault: StateFault }
  | { kind: 'leader changed'; partition: number }
  | { kind: 'restarted'; part: SimulatedPart }
  | { kind: 'ended'; how: 'cancel' | 'terminate'; who: 'backup' | 'window' | 'both' }
  | { kind: 'second run' }
  | { kind: 'stranger resumes' };

/** With `when`, `afterMs` counts from that sign of the run; else from its start. */
export type At = { when?: Sign; afterMs: number };
export type PlannedFault = { chaos: Chaos; at: At };

export type Plan = {
  index: number;
  lane: Lane;
  procedure: ProcedureName;
  partMs: number; // how long each part takes
  faults: PlannedFault[];
};

const LANE_NAMES = Object.keys(LANES) as Lane[];

/** The plan of a run: the same for the same seed and index, whichever other runs there are. */
export function planRun(seed: number, index: number): Plan {
  const lane = LANE_NAMES[index % LANE_NAMES.length] ?? 'one';
  const [drawn] = fc.sample(fc.noBias(drawingFor(lane)), { seed: mix(seed, index), numRuns: 1 });
  if (drawn === undefined) throw new Error('nothing was drawn');
  return { index, lane, ...drawn };
}

/** Neighbouring seeds and indexes must not give similar draws. */
function mix(seed: number, index: number): number {
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

function drawingFor(lane: Lane): fc.Arbitrary<Omit<Plan, 'index' | 'lane'>> {
  const shape: ClusterShape = LANES[lane];
  const apps: SimulatedPart[] = shape.profile === '8.6' ? ['operate', 'tasklist'] : ['webapps'];
  const indexParts: SimulatedPart[] = [...apps, ...(shape.optimize === false ? [] : ['optimize' as const])];
  const parts: SimulatedPart[] = ['zeebe', ...indexParts];
  const links: Link[] = [
    ...(['temporal', 'store', 'broker0', 'restApi', 'searchEngine'] as const),
    ...(shape.profile === '8.6' ? (['operate', 'tasklist'] as const) : []),
    ...(shape.optimize === false ? [] : (['optimize'] as const)),
    ...(shape.database === true ? (['database'] as const) : []),
  ];
  const at = fc.record(
    { when: fc.constantFrom(...SIGNS), afterMs: fc.integer({ min: 0, max: 400 }) },
    { requiredKeys: ['afterMs'] },
  );
  return fc.record({
    procedure: fc.constantFrom(...PROCEDURE_NAMES),
    partMs: fc.integer({ min: 50, max: 800 }),
    faults: fc.array(fc.record({ chaos: drawChaos(parts, links), at }), { maxLength: 3, size: 'max' }),
  });
}

function drawChaos(parts: SimulatedPart[], links: Link[]): fc.Arbitrary<Chaos> {
  const part = fc.constantFrom(...parts);
  const link = fc.constantFrom(...links);
  const outageMs = fc.integer({ min: 100, max: 3_000 });
  const of = <K extends Chaos['kind']>(kind: K) => fc.constant(kind);
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: of('worker killed'), downMs: fc.integer({ max: 3_000, min: 0 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: of('worker replaced') }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: of('worker frozen'), forMs: fc.integer({ min: 200, max: 4_000 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: of('temporal killed'), downMs: fc.integer({ max: 2_000, min: 0 }) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: of('cut'), link }) },
    { weight: 3, arbitrary: fc.record({ kind: of('refused'), link, forMs: outageMs }) },
    { weight: 2, arbitrary: fc.record({ kind: of('silent'), link, forMs: outageMs }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: of('slow'),
        link,
        delayMs: fc.integer({ min: 5, max: 200 }),
        forMs: outageMs,
      }),
    },
    { weight: 8, arbitrary: drawWire(parts) },
    { weight: 5, arbitrary: fc.record({ kind: of('state'), fault: drawState(parts) }) },
    { weight: 1, arbitrary: fc.record({ kind: of('leader changed'), partition: fc.constantFrom(1, 2) }) },
    { weight: 2, arbitrary: fc.record({ kind: of('restarted'), part }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: of('ended'),
        how: fc.constantFrom('cancel' as const, 'terminate' as const),
        who: fc.constantFrom('backup' as const, 'window' as const, 'both' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: of('second run') }) },
    { weight: 1, arbitrary: fc.record({ kind: of('stranger resumes') }) },
  );
}

function drawWire(parts: SimulatedPart[]): fc.Arbitrary<Chaos> {
  const targets: FaultTarget[] = [
    ...(['POST zeebe pause', 'POST zeebe pause', 'POST zeebe resume', 'POST zeebe resume'] as const),
    ...(['GET zeebe partitions', 'GET restApi topology', 'GET zeebe state'] as const),
    ...parts.flatMap(
      (part) =>
        [`POST ${part} backup`, `GET ${part} status`, `GET ${part} list`, `DELETE ${part} delete`] as const,
    ),
    ...(['PUT searchEngine snapshot', 'GET searchEngine snapshot', 'POST searchEngine refresh'] as const),
    ...(['POST searchEngine search', 'GET searchEngine indices', 'GET searchEngine running'] as const),
  ];
  const answers: WireFault['answer'][] = ['reset', proxyPage(503), proxyPage(502), halfJson()];
  const spot = fc.tuple(
    fc.constantFrom(...targets),
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('before' as const, 'after' as const),
  );
  const storm = fc
    .tuple(spot, fc.integer({ min: 1, max: 4 }), fc.constantFrom(...answers))
    .map(([[on, skip, when], times, answer]): Chaos => ({
      kind: 'wire',
      fault: { on, skip, when, times, answer },
    }));
  const late = fc
    .tuple(spot, fc.integer({ min: 200, max: 4_000 }))
    .map(([[on, skip, when], hangMs]): Chaos => {
      return { kind: 'wire', fault: { on, skip, when, times: 1, answer: 'reset' }, hangMs };
    });
  return fc.oneof({ weight: 3, arbitrary: storm }, { weight: 1, arbitrary: late });
}

function drawState(parts: SimulatedPart[]): fc.Arbitrary<StateFault> {
  const part = fc.constantFrom(...parts);
  const times = fc.integer({ min: 1, max: 3 });
  const answer = fc.constantFrom(204 as const, 500 as const);
  const toFault = <T>(drawn: fc.Arbitrary<T>, fault: (drawn: T) => StateFault) => drawn.map(fault);
  return fc.oneof(
    toFault(part, (it) => ({ state: 'partFails', part: it, times: 1 })),
    fc.constant<StateFault>({ state: 'partFails', part: 'zeebe-records', times: 1 }),
    toFault(part, (it) => ({ state: 'partStays', part: it, word: 'IN_PROGRESS', times: 1 })),
    toFault(part, (it) => ({ state: 'partNeverAppears', part: it, times: 1 })),
    toFault(part, (it) => ({ state: 'pieceNotWhole', part: it, times: 1 })),
    toFault(part, (it) => ({ state: 'pieceMissing', part: it, times: 1 })),
    toFault(part, (it) => ({ state: 'deleteDoesNothing', part: it, times: 1 })),
    toFault(times, (it) => ({ state: 'pauseFails', times: it })),
    toFault(times, (it) => ({ state: 'resumeFails', times: it })),
    toFault(answer, (it) => ({ state: 'pauseReachesOnly', partitions: [1], answer: it, times: 1 })),
    toFault(answer, (it) => ({ state: 'resumeReachesOnly', partitions: [1], answer: it, times: 1 })),
  );
}
