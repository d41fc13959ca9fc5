import { SafepointError } from '../../contract/errors.ts';
import { pause } from '../../system/waiting.ts';
import type { KubernetesApi, WorkloadRef } from './api.ts';
import type { Workload } from './schema.ts';

/** How many replicas a workload had before `stop`; on the workload itself, where it outlives every worker. */
export const REPLICAS_ANNOTATION = 'safepoint/replicas-before-restore';

export const POLL_EVERY_MS = 500;

/** Somebody else writes to the same object all the time: its own controller, for one. */
const PATCH_TRIES = 10;

/** What the steps of a hook share. */
export type Steps = {
  api: KubernetesApi;
  signal: AbortSignal;
  /** What happens now, for people. */
  tell: (line: string) => void;
};

/** What a change of replicas comes to; `replicas` is absent where nothing changes. */
export type Scaling = { replicas?: number; annotation?: string | null; line: string };

/** 0 replicas, and their number of now in the annotation; one that has none keeps the number that a `stop` before left. */
export function scalingToStop(ref: WorkloadRef, workload: Workload): Scaling {
  const { replicas } = workload.spec;
  const name = `${ref.kind} ${ref.name}`;
  if (replicas > 0)
    return { replicas: 0, annotation: String(replicas), line: `scale ${name} from ${replicas} to 0` };
  const before = replicasBefore(workload);
  const since = before === null ? '' : `, and had ${before} before`;
  return { line: `leave ${name} alone, it has 0 replicas${since}` };
}

/** The replicas that it had before `stop`. One that had none, or that somebody has started since, is left as it is. */
function scalingToStart(ref: WorkloadRef, workload: Workload): Scaling {
  const { replicas } = workload.spec;
  const before = replicasBefore(workload);
  const name = `${ref.kind} ${ref.name}`;
  if (replicas > 0) return { line: `leave ${name} alone, it has ${replicas} replicas` };
  if (before === null)
    return { line: `leave ${name} at 0 replicas, for it had none before, or no hook has stopped it` };
  return { replicas: before, annotation: null, line: `scale ${name} from 0 to ${before}` };
}

/** What `start` will do once `stop` was run, whether or not it was run yet. */
export function scalingInPlan(ref: WorkloadRef, workload: Workload): Scaling {
  const known = replicasKnown(workload);
  if (known === null) return scalingToStart(ref, workload);
  return { replicas: known, annotation: null, line: `scale ${ref.kind} ${ref.name} from 0 to ${known}` };
}

/** What it has, or had before `stop`; `null` when nobody knows. */
export function replicasKnown(workload: Workload): number | null {
  return workload.spec.replicas > 0 ? workload.spec.replicas : replicasBefore(workload);
}

function replicasBefore({ metadata }: Workload): number | null {
  const text = metadata.annotations[REPLICAS_ANNOTATION] ?? '';
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : null;
}

/** Both in one patch, so that a number is never lost between two requests. Returns what was done, or would be. */
export async function scaleWorkload(
  api: KubernetesApi,
  ref: WorkloadRef,
  scalingOf: (ref: WorkloadRef, workload: Workload) => Scaling,
  dryRun = false,
): Promise<string> {
  for (let tries = 0; tries < PATCH_TRIES; tries++) {
    const workload = await api.readWorkload(ref);
    const { replicas, annotation, line } = scalingOf(ref, workload);
    if (replicas === undefined) return line;
    const { resourceVersion } = workload.metadata;
    const patch = {
      metadata: { resourceVersion, annotations: { [REPLICAS_ANNOTATION]: annotation } },
      spec: { replicas },
    };
    if (await api.patchWorkload(ref, patch, { dryRun })) return line;
  }
  throw new SafepointError(
    'HookFailed',
    `${ref.kind} ${ref.name} was changed by others each time it was to be scaled`,
  );
}

/** Scales all to 0 and waits until none of their pods is left. */
export async function stopWorkloads(
  { api, signal, tell }: Steps,
  refs: readonly WorkloadRef[],
): Promise<void> {
  for (const ref of refs) tell(await scaleWorkload(api, ref, scalingToStop));
  for (const ref of refs) {
    const selector = selectorOf(await api.readWorkload(ref));
    for (;;) {
      const pods = await podsLeft(api, selector);
      if (pods.length === 0) break;
      tell(`${ref.kind} ${ref.name}: waiting for the end of ${pods.join(', ')}`);
      await pause(POLL_EVERY_MS, signal);
    }
    tell(`${ref.kind} ${ref.name}: no pod is left`);
  }
}

/** Scales all to what they had and waits until every replica is ready. */
export async function startWorkloads(
  { api, signal, tell }: Steps,
  refs: readonly WorkloadRef[],
): Promise<void> {
  for (const ref of refs) tell(await scaleWorkload(api, ref, scalingToStart));
  for (const ref of refs) {
    for (;;) {
      const { metadata, spec, status } = await api.readWorkload(ref);
      const ready = `${ref.kind} ${ref.name}: ${status.readyReplicas} of ${spec.replicas} are ready`;
      tell(ready);
      if (status.observedGeneration >= metadata.generation && status.readyReplicas >= spec.replicas) break;
      await pause(POLL_EVERY_MS, signal);
    }
  }
}

/** Names of pods that run or may still run. */
export async function podsLeft(api: KubernetesApi, selector: string): Promise<string[]> {
  const pods = await api.listPods(selector);
  return pods
    .filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
    .map(({ metadata }) => metadata.name);
}

/** As the API takes it: `app=zeebe,tier in (a,b)`. */
export function selectorOf({ spec: { selector } }: Workload): string {
  const expressions = selector.matchExpressions.map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [
    ...Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`),
    ...expressions,
  ].join(',');
}
