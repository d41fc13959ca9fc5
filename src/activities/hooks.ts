import { activityInfo, cancellationSignal } from '@temporalio/activity';
import prettyMs from 'pretty-ms';
import type { HooksConfig } from '../config/hooks.ts';
import { SafepointError } from '../contract/errors.ts';
import {
  HOOK_NAMES,
  type HookInput,
  type HookName,
  type HookOutlook,
  type HookResult,
} from '../contract/hooks.ts';
import { commandProblem, runCommandHook } from '../hooks/command.ts';
import type { HookCall, HookOptions } from '../hooks/contract.ts';
import { kubernetesOutlooks, runKubernetesHook } from '../hooks/kubernetes.ts';
import { stopwatch } from '../system/waiting.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeats } from './heartbeats.ts';

export type HookActivities = ReturnType<typeof createHookActivities>;

export function createHookActivities({ config }: ActivityDeps) {
  /** Read anew each time: the config may have changed since the restore was planned. */
  function hooksOf(cluster: string): HooksConfig {
    const hooks = config.clusters[cluster]?.restore?.hooks;
    if (hooks !== undefined) return hooks;
    throw new SafepointError(
      'InvalidConfig',
      `clusters.${cluster}.restore.hooks is not in the config of this worker; docs/hooks.md says what belongs there`,
    );
  }

  return {
    /**
     * Runs one hook to its end. An attempt after a worker that died runs it again, which every hook must bear. Fails with
     * `HookFailed`, `SecretMissing`, and `InvalidConfig` when the cluster has no hooks.
     */
    async runHook(input: HookInput): Promise<HookResult> {
      const hooks = hooksOf(input.cluster);
      const call: HookCall = { ...input, runId: activityInfo().workflowExecution?.runId ?? '' };
      const elapsedMs = stopwatch();
      const output = await withHeartbeats((report) =>
        runWith(hooks, call, {
          signal: cancellationSignal(),
          onProgress: (line) => {
            const running = `hook ${input.hook}: running for ${prettyMs(Math.ceil(elapsedMs() / 1000) * 1000)}`;
            report({ progress: line === '' ? running : `${running}: ${line}` });
          },
        }),
      );
      return { hook: input.hook, tookMs: Math.round(elapsedMs()), output };
    },

    /** What the three hooks would do, in their order; nothing is done. Fails with `InvalidConfig` when the cluster has none. */
    async dryRunHooks(input: Omit<HookInput, 'hook'>): Promise<HookOutlook[]> {
      const hooks = hooksOf(input.cluster);
      if (hooks.kubernetes !== undefined)
        return await kubernetesOutlooks(hooks.kubernetes, input, cancellationSignal());
      return HOOK_NAMES.map((hook) => commandOutlook(hooks, hook));
    },
  };
}

async function runWith(hooks: HooksConfig, call: HookCall, options: HookOptions): Promise<string> {
  const command = hooks[call.hook];
  if (command !== undefined) return await runCommandHook(command, call, options);
  if (hooks.kubernetes !== undefined) return await runKubernetesHook(hooks.kubernetes, call, options);
  throw new SafepointError('InternalError', `hook ${call.hook} has no command`);
}

function commandOutlook(hooks: HooksConfig, hook: HookName): HookOutlook {
  const command = hooks[hook];
  if (command === undefined) return { hook, ok: false, lines: ['no command'] };
  const problem = commandProblem(command);
  const does = `run ${command.command[0] ?? ''}, for ${prettyMs(command.timeout, { verbose: true })} at most`;
  return { hook, ok: problem === undefined, lines: problem === undefined ? [does] : [does, problem] };
}
