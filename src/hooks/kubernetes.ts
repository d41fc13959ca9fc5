import prettyMs from 'pretty-ms';
import type { KubernetesHooks } from '../config/hooks.ts';
import { SafepointError } from '../contract/errors.ts';
import { HOOK_NAMES, type HookInput, type HookName, type HookOutlook } from '../contract/hooks.ts';
import { messageOf, redact } from '../system/redact.ts';
import type { HookCall, HookOptions } from './contract.ts';
import { createKubernetesApi, type KubernetesApi } from './kubernetes/api.ts';
import {
  scaleWorkload,
  scalingInPlan,
  scalingToStop,
  startWorkloads,
  stopWorkloads,
  type Steps,
} from './kubernetes/workloads.ts';
import { removeJobs, restoreBrokers, restoreOutlook } from './kubernetes/zeebeRestore.ts';
import { createTranscript } from './transcript.ts';

const CLEAN_UP_MS = 15_000;

/**
 * Does by the API server what a command would do, and returns what was done. Fails with `HookFailed` when it cannot be done,
 * was not over at its time limit or `apply` is not set, with `AccessDenied` when the role lacks a right,
 * `EndpointUnreachable` and `UnexpectedAnswer` of the API server, and with the reason of the signal.
 */
export async function runKubernetesHook(
  hooks: KubernetesHooks,
  call: HookCall,
  { signal, onProgress }: HookOptions,
): Promise<string> {
  if (!hooks.apply) throw failed(call, onlyShown(call));
  const transcript = createTranscript();
  let newest = '';
  const timeLimit = AbortSignal.timeout(hooks.timeout);
  const either = AbortSignal.any([signal, timeLimit]);
  const api = createKubernetesApi(hooks, either);
  const tell = (line: string) => {
    if (line === newest) return;
    newest = line;
    transcript.add(`${line}\n`);
    onProgress(redact(line));
  };
  try {
    await act({ api, signal: either, tell }, hooks, call);
    return transcript.text();
  } catch (error) {
    if (either.aborted && call.hook === 'zeebeRestore') await cleanUp(hooks);
    signal.throwIfAborted();
    if (timeLimit.aborted) throw failed(call, `was not over after ${prettyMs(hooks.timeout)}: ${newest}`);
    if (error instanceof SafepointError && error.code === 'HookFailed') throw failed(call, error.message);
    throw error;
  } finally {
    await api.close();
  }
}

/** What the three hooks would do. The server has admitted all of it in a dry run where it is ok; nothing is changed. */
export async function kubernetesOutlooks(
  hooks: KubernetesHooks,
  call: Omit<HookInput, 'hook'>,
  signal: AbortSignal,
): Promise<HookOutlook[]> {
  const api = createKubernetesApi(hooks, signal);
  try {
    const outlooks: HookOutlook[] = [];
    for (const hook of HOOK_NAMES)
      outlooks.push(await outlookOf(api, hooks, { ...call, hook, runId: 'dry-run' }));
    return outlooks;
  } finally {
    await api.close();
  }
}

async function act(steps: Steps, hooks: KubernetesHooks, call: HookCall): Promise<void> {
  if (call.hook === 'stop') await stopWorkloads(steps, hooks.workloads);
  else if (call.hook === 'start') await startWorkloads(steps, hooks.workloads);
  else await restoreBrokers(steps, call, hooks.brokers, hooks.timeout);
}

async function outlookOf(api: KubernetesApi, hooks: KubernetesHooks, call: HookCall): Promise<HookOutlook> {
  const { hook } = call;
  const shown = hooks.apply ? [] : [onlyShown(call)];
  try {
    const lines =
      hook === 'zeebeRestore'
        ? await restoreOutlook(api, call, hooks.brokers, hooks.timeout)
        : await scalingLines(api, hooks, hook);
    return { hook, ok: hooks.apply, lines: [...lines, ...shown] };
  } catch (error) {
    if (!(error instanceof SafepointError)) throw error;
    return { hook, ok: false, lines: [messageOf(error), ...shown] };
  }
}

async function scalingLines(api: KubernetesApi, hooks: KubernetesHooks, hook: HookName): Promise<string[]> {
  const lines: string[] = [];
  for (const ref of hooks.workloads)
    lines.push(await scaleWorkload(api, ref, hook === 'stop' ? scalingToStop : scalingInPlan, true));
  return lines;
}

/** A restore that nobody waits for must not go on; the signal that ended the hook would end these requests too. */
async function cleanUp(hooks: KubernetesHooks): Promise<void> {
  const api = createKubernetesApi(hooks, AbortSignal.timeout(CLEAN_UP_MS));
  await removeJobs(api, hooks.brokers).catch(() => undefined); // then their own deadline ends them
  await api.close();
}

function onlyShown({ cluster }: Pick<HookCall, 'cluster'>): string {
  return `nothing is done until clusters.${cluster}.restore.hooks.kubernetes.apply is true`;
}

function failed({ hook, cluster }: HookCall, what: string): SafepointError {
  return new SafepointError('HookFailed', redact(`hook ${hook} of ${cluster}: ${what}`));
}
