import { setTimeout as sleep } from 'node:timers/promises';
import type { CamundaCluster } from '../stack/stack.ts';
import { countRecords } from './records.ts';
import {
  instancesAtCheckpoint,
  instancesShownByOperate,
  userTasksAtCheckpoint,
  userTasksInTasklist,
  type Checkpoints,
} from './truth.ts';

/** What a restore to the checkpoints must bring back. Keys are sorted. */
export type Truth = {
  checkpoints: Checkpoints;
  instances: string[];
  userTasks: string[];
  /**
   * Those of them that Tasklist shows before the restore; others cannot be lost. Tasklist 8.6.0 on OpenSearch stops to read a
   * partition for good, in any cluster, at a task made in the very millisecond that begins a second: its index refuses such a time.
   */
  userTasksBefore: string[];
  /** Exported records up to the checkpoints. */
  records: number;
};

/** `shown`: how many there are. `lost`: must be shown and are not. `orphans`: are shown, and Zeebe does not know them. */
export type Comparison = { shown: number; lost: string[]; orphans: string[] };

export type Settled = { instances: Comparison; userTasks: Comparison; records: number };

/** Operate reads what a restored broker exports again; at a hole it looks ahead only after 50 s of silence. */
const SILENCE_MS = 75_000;
const DEADLINE_MS = 300_000;
/** Of a Tasklist that is at work. */
const LAG_MS = 20_000;
const POLL_MS = 2_000;

/** To be read from the live cluster, undisturbed and with the exporter caught up, before anything is restored. */
export async function readTruth(searchUrl: string, checkpoints: Checkpoints): Promise<Truth> {
  const userTasks = await userTasksAtCheckpoint(searchUrl, checkpoints);
  return {
    checkpoints,
    instances: await instancesAtCheckpoint(searchUrl, checkpoints),
    userTasks,
    userTasksBefore: await untilShown(searchUrl, userTasks),
    records: (await countRecords(searchUrl, checkpoints)).upTo,
  };
}

/** The tasks that Tasklist shows of these: all of them, or those that are there when it has gained none for a while. */
async function untilShown(searchUrl: string, userTasks: string[]): Promise<string[]> {
  let shown: string[] = [];
  let gainedMs = performance.now();
  for (;;) {
    const inTasklist = new Set(await userTasksInTasklist(searchUrl));
    const now = userTasks.filter((key) => inTasklist.has(key));
    if (now.length > shown.length) gainedMs = performance.now();
    shown = now;
    if (shown.length === userTasks.length || performance.now() - gainedMs > LAG_MS) return shown;
    await sleep(POLL_MS);
  }
}

/** What a user sees in a restored cluster against the truth: once they are the same, or nothing has changed for long. */
export async function untilSettled(
  { camunda, openSearch }: Pick<CamundaCluster, 'camunda' | 'openSearch'>,
  truth: Truth,
): Promise<Settled> {
  const startedMs = performance.now();
  let before = '';
  let changedMs = startedMs;
  for (;;) {
    const seen: Settled = {
      instances: compare(
        truth.instances,
        truth.instances,
        await instancesShownByOperate(camunda.operate.url, camunda.login),
      ),
      userTasks: compare(truth.userTasks, truth.userTasksBefore, await userTasksInTasklist(openSearch.url)),
      records: (await countRecords(openSearch.url, truth.checkpoints)).upTo,
    };
    const nowMs = performance.now();
    const now = JSON.stringify(seen);
    if (now !== before) changedMs = nowMs;
    before = now;
    const isSilent = nowMs - changedMs > SILENCE_MS || nowMs - startedMs > DEADLINE_MS;
    if (isSilent || isSame(seen, truth)) return seen;
    await sleep(POLL_MS);
  }
}

/** Nothing lost, no orphans, and every record exported again. */
function isSame({ instances, userTasks, records }: Settled, truth: Truth): boolean {
  const differences = [instances, userTasks].flatMap(({ lost, orphans }) => [...lost, ...orphans]);
  return differences.length === 0 && records === truth.records;
}

function compare(known: string[], wanted: string[], shown: string[]): Comparison {
  const [inZeebe, inApplication] = [new Set(known), new Set(shown)];
  return {
    shown: shown.length,
    lost: wanted.filter((key) => !inApplication.has(key)),
    orphans: shown.filter((key) => !inZeebe.has(key)),
  };
}
