import type { Installation } from '../installation.ts';
import { startInstallation } from '../installation.ts';
import { SENTINEL_WORKFLOW } from '../../../src/contract/names.ts';
import { until } from '../until.ts';
import type { WorkerProcess } from '../workerProcess.ts';
import { LANES, planRun, type Lane } from './chaos.ts';
import type { Injected } from './inject.ts';
import { isClean, judge, type Judgement } from './judge.ts';
import { carryOut, type RunRecord } from './oneRun.ts';
import { createProcesses, type Outage, type Processes } from './processes.ts';
import { SENTINEL_MS } from './resumeTime.ts';
import type { SoakReport } from './table.ts';

export type SoakOptions = {
  runs: number;
  seed: number;
  /** Index of the first run, to repeat a single one of a longer soak. Default 0. */
  from?: number;
  /** Gets a line for each run, and all that is known where something went wrong. */
  say: (line: string) => void;
};

/** Longer than all that passes by itself, and short enough for a part that is lost. */
const STALL = '10 s';
const REST_MS = 45_000;
/** The client of the S3 store keeps up to 50 connections; the rest is as after any case. Memory: four lanes at a time. */
const SPARE = { handles: 50 + 15, memoryMb: 250 };

/**
 * Runs backups while things break at random moments, in lanes side by side, and judges each. What breaks when is a pure
 * function of seed and index (`planRun`); how the pieces fall is up to the machine.
 */
export async function soak({ runs, seed, from = 0, say }: SoakOptions): Promise<SoakReport> {
  const startedMs = performance.now();
  const settings = { budgets: { stall: STALL } };
  const lanes = Object.keys(LANES) as Lane[];
  const installation = await startInstallation({
    clusters: Object.fromEntries(lanes.map((lane) => [lane, { ...LANES[lane], settings }])),
    store: 's3',
    databaseRows: 200,
    adapt: (config) => ({ ...config, sentinel: { every: `${SENTINEL_MS / 1000} s` } }),
  });
  try {
    const processes = await createProcesses(installation);
    const first = processes.worker().idle;
    const plans = Array.from({ length: runs }, (_, at) => planRun(seed, from + at));
    const judgements: Judgement[] = [];
    const injected: Injected[] = [];
    const laneOf = async (lane: Lane) => {
      for (const plan of plans.filter((each) => each.lane === lane)) {
        const record = await carryOut(installation, processes, plan, `soak-${seed}`);
        const judgement = judge(record, processes.outages());
        judgements.push(judgement);
        injected.push(...record.injected);
        say(describe(judgement, record));
        if (!isClean(judgement)) say(explain(installation, processes, seed, record));
      }
    };
    try {
      await Promise.all(lanes.map(laneOf));
    } finally {
      await processes.release();
    }
    const worker = processes.worker();
    const unrest = await waitForRest(worker);
    return {
      seed,
      tookMs: performance.now() - startedMs,
      runs: judgements.sort((left, right) => left.index - right.index),
      injected,
      besides: [...processes.deaths(), ...unrest, ...(await falseAlarms(installation))],
      workers: { started: processes.started(), first, lastIdle: worker.idle, last: worker.footprint() },
    };
  } finally {
    await installation.stop();
  }
}

function describe(
  { index, outcome, resumeMs, doubled, damaged, broken }: Judgement,
  record: RunRecord,
): string {
  const faults = record.injected
    .filter(({ fromMs }) => fromMs !== null)
    .map(({ chaos }) => chaos.kind)
    .join(', ');
  const tookS = ((record.endedMs - record.startedMs) / 1000).toFixed(1);
  const resumed = resumeMs === undefined ? '' : `, exporting after ${resumeMs} ms`;
  const wrong = [...doubled, ...damaged, ...broken].map((each) => `\n    ! ${each}`).join('');
  const reasons = outcome === 'partial' ? ` [${record.ends[0]?.result?.reasons.join('; ') ?? ''}]` : '';
  return `#${index} ${record.plan.lane}: ${outcome}${reasons} in ${tookS} s${resumed} (${faults || 'no fault'})${wrong}`;
}

/** Everything that somebody needs who looks for the reason. */
function explain(installation: Installation, processes: Processes, seed: number, record: RunRecord): string {
  const { plan, startedMs, endedMs } = record;
  const since = (ms: number) => Math.round(ms - startedMs);
  const stretch = ({ fromMs, toMs, ...more }: Pick<Outage, 'fromMs' | 'toMs'>) => ({
    ...more,
    fromMs: since(fromMs),
    toMs: since(toMs),
  });
  const outages = processes.outages().filter(({ fromMs, toMs }) => toMs > startedMs && fromMs < endedMs);
  const shown = {
    repeat: `npm run faults -- --soak 1 --seed ${seed} --from ${plan.index}`,
    plan,
    stuck: record.stuck,
    ends: record.ends,
    injected: record.injected.map((each) =>
      each.fromMs === null ? { ...each, fromMs: null } : stretch({ ...each, fromMs: each.fromMs }),
    ),
    outages: outages.map(stretch),
    pauses: record.pauses.map(stretch),
    triggers: record.triggers,
    sets: record.sets.map(({ entry, failure, damage }) => ({ entry, failure, damage })),
    requests: installation
      .cluster(plan.lane)
      .simulator.requests.filter(({ path }) => !path.includes('health'))
      .map(({ at, component, method, path, broker }) => `${at} ${component}${broker} ${method} ${path}`),
    log: processes.worker().log().slice(-30),
  };
  return JSON.stringify(shown, null, 1);
}

/** Connections are kept alive for some seconds; what is still open or held later was left behind. */
async function waitForRest(worker: WorkerProcess): Promise<string[]> {
  const { idle } = worker;
  const isAtRest = () => {
    const { handles, memoryMb } = worker.footprint();
    return handles <= idle.handles + SPARE.handles && memoryMb <= idle.memoryMb + SPARE.memoryMb;
  };
  const isCalm = await until('the worker is at rest', isAtRest, REST_MS).catch(() => false);
  if (isCalm) return [];
  return [`the worker is not at rest after ${REST_MS / 1000} s: ${JSON.stringify(worker.footprint())}`];
}

/** Nobody pauses but us, so each is one. */
async function falseAlarms({ client }: Installation): Promise<string[]> {
  const query = `WorkflowType = "${SENTINEL_WORKFLOW}" AND ExecutionStatus = "Failed"`;
  const alarms: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const error: unknown = await client.workflow
      .getHandle(workflowId, runId)
      .result()
      .catch((failure: unknown) => failure);
    const { cause } = error as { cause?: { type?: string; message?: string } };
    if (cause?.type === 'ForeignPause') alarms.push(`false alarm of the sentinel: ${cause.message ?? ''}`);
  }
  return alarms;
}
