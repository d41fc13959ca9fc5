/** Explores every state that a model can reach, breadth first, so that what it finds is a shortest trace. Knows no protocol. */

export type Model<State, Kind extends string> = {
  initial: State;
  /** Two states with the same key have the same future. */
  key(state: State): string;
  moves(state: State): { kind: Kind; label: string; next: State }[];
  /** Moves of these kinds happen in the end if they stay possible; all others need not happen. */
  fair: readonly Kind[];
  /** Names of promises, and whether a state that was just reached breaks them. */
  never: Record<string, (state: State) => boolean>;
  /** Names of promises, and whether a state keeps them: from everywhere, by fair moves alone, such states are reached for good. */
  inTheEnd: Record<string, (state: State) => boolean>;
};

/** `broken`: by promise, the shortest way to a state that breaks it, one line a move. */
export type Exploration = { states: number; moves: number; tookMs: number; broken: Map<string, string[]> };

/** More is a mistake in the model: a counter without a bound. */
const MAX_STATES = 2_000_000;

export function explore<State, Kind extends string>(model: Model<State, Kind>): Exploration {
  const startedMs = performance.now();
  const graph = walk(model);
  for (const [promise, goal] of Object.entries(model.inTheEnd)) {
    const lost = findLost(graph, goal);
    if (lost !== null) graph.broken.set(promise, [...traceTo(graph, lost), ...describeDeadEnd(graph, lost)]);
  }
  return {
    states: graph.states.length,
    moves: graph.moves,
    tookMs: Math.round(performance.now() - startedMs),
    broken: graph.broken,
  };
}

/** States in the order found; `from[e] -> to[e]` are the fair moves that lead to another state. */
type Graph<State> = {
  states: State[];
  parents: number[];
  labels: string[]; // of the move by which a state was found
  from: number[];
  to: number[];
  moves: number;
  broken: Map<string, string[]>;
};

function walk<State, Kind extends string>(model: Model<State, Kind>): Graph<State> {
  const ids = new Map([[model.key(model.initial), 0]]);
  const graph: Graph<State> = {
    states: [model.initial],
    parents: [-1],
    labels: [''],
    from: [],
    to: [],
    moves: 0,
    broken: new Map(),
  };
  const fair = new Set<Kind>(model.fair);
  const never = Object.entries(model.never);
  for (let id = 0; id < graph.states.length; id += 1) {
    for (const { kind, label, next } of model.moves(at(graph.states, id))) {
      graph.moves += 1;
      for (const [promise, breaks] of never) {
        if (breaks(next) && !graph.broken.has(promise))
          graph.broken.set(promise, [...traceTo(graph, id), label]);
      }
      const key = model.key(next);
      let target = ids.get(key);
      if (target === undefined) {
        target = graph.states.length;
        if (target >= MAX_STATES) throw new Error(`more than ${MAX_STATES} states`);
        ids.set(key, target);
        graph.states.push(next);
        graph.parents.push(id);
        graph.labels.push(label);
      }
      if (target === id || !fair.has(kind)) continue;
      graph.from.push(id);
      graph.to.push(target);
    }
  }
  return graph;
}

/**
 * The first state from which fair moves need not lead to the goal for good; `null` when there is none. Where a move that
 * stays possible is made in the end, a run settles in a part of the graph that it cannot leave; so it is enough that from
 * everywhere a state can be reached behind which nothing but goals lies.
 */
function findLost<State>({ states, from, to }: Graph<State>, goal: (state: State) => boolean): number | null {
  const back = groupByTarget(states.length, from, to);
  const unsettled = reachBackwards(back, (id) => !goal(at(states, id)));
  const saved = reachBackwards(back, (id) => unsettled[id] === 0);
  const lost = saved.indexOf(0);
  return lost < 0 ? null : lost;
}

/** Sources of the moves that lead to `id`: `sources[first[id]] .. sources[first[id + 1]]`. */
type Backwards = { first: Int32Array; sources: Int32Array };

function groupByTarget(count: number, from: readonly number[], to: readonly number[]): Backwards {
  const first = new Int32Array(count + 1);
  for (const target of to) first[target + 1] = at(first, target + 1) + 1;
  for (let id = 0; id < count; id += 1) first[id + 1] = at(first, id + 1) + at(first, id);
  const next = first.slice();
  const sources = new Int32Array(to.length);
  to.forEach((target, edge) => {
    const slot = at(next, target);
    sources[slot] = at(from, edge);
    next[target] = slot + 1;
  });
  return { first, sources };
}

function reachBackwards({ first, sources }: Backwards, isSeed: (id: number) => boolean): Uint8Array {
  const reached = new Uint8Array(first.length - 1).map((_, id) => (isSeed(id) ? 1 : 0));
  const open = [...reached.keys()].filter((id) => reached[id] === 1);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (let slot = at(first, id); slot < at(first, id + 1); slot += 1) {
      const source = at(sources, slot);
      if (reached[source] === 1) continue;
      reached[source] = 1;
      open.push(source);
    }
  }
  return reached;
}

function traceTo<State>({ parents, labels }: Graph<State>, id: number): string[] {
  const lines: string[] = [];
  for (let place = id; place > 0; place = at(parents, place)) lines.push(at(labels, place));
  return lines.reverse();
}

function describeDeadEnd<State>({ states, from }: Graph<State>, id: number): string[] {
  const end = from.includes(id) ? 'goes on without ever getting there' : 'nothing happens any more';
  return [`=> ${end}: ${JSON.stringify(states[id])}`];
}

function at<T>(list: { readonly [index: number]: T; readonly length: number }, index: number): T {
  const value = list[index];
  if (value === undefined) throw new Error(`no element ${index} of ${list.length}`);
  return value;
}
