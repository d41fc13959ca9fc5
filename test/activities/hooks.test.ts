import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import { createHookActivities } from '../../src/activities/hooks.ts';
import { ClusterConfig } from '../../src/config/schema.ts';
import type { HookInput } from '../../src/contract/hooks.ts';
import { hookFolder, until } from '../hooks/hookPrograms.ts';
import { activityEnvironment, runActivity } from '../support/runActivity.ts';
import type { ActivityDeps } from '../../src/activities/deps.ts';

const INPUT: HookInput = { cluster: 'drill', hook: 'stop', backupId: '1042', setCluster: 'prod' };

let place: ReturnType<typeof hookFolder>;
beforeEach(() => {
  place = hookFolder();
});
afterEach(() => {
  place.remove();
});

function activities(hooks?: object) {
  const url = 'http://127.0.0.1:9600';
  const drill = ClusterConfig.parse({
    zeebe: { url },
    webapps: { url },
    searchEngine: { url },
    store: 'main',
    ...(hooks !== undefined && { restore: { hooks } }),
  });
  return createHookActivities({ config: { clusters: { drill } } } as unknown as ActivityDeps);
}

/** The same script for all three. */
function hooksOf(script: string) {
  const { command } = place.script(script);
  return { stop: { command }, zeebeRestore: { command }, start: { command } };
}

describe('activities/hooks: runHook', () => {
  it('runs the named hook and returns what it said', async () => {
    const acts = activities(hooksOf('echo "$SAFEPOINT_HOOK $SAFEPOINT_BACKUP_ID of $SAFEPOINT_SET_CLUSTER"'));

    const result = await runActivity(() => acts.runHook({ ...INPUT, hook: 'zeebeRestore' }));

    expect(result).toEqual({
      hook: 'zeebeRestore',
      tookMs: expect.any(Number),
      output: 'zeebeRestore 1042 of prod\n',
    });
  });

  it('gives every attempt of a run the same run id', async () => {
    const acts = activities(hooksOf('echo "$SAFEPOINT_RUN_ID"'));
    const workflowExecution = { workflowId: 'restore', runId: 'run-7' };

    const first = await runActivity(() => acts.runHook(INPUT), activityEnvironment({ workflowExecution }));
    const second = await runActivity(
      () => acts.runHook(INPUT),
      activityEnvironment({ workflowExecution, attempt: 2 }),
    );

    expect([first.output, second.output]).toEqual(['run-7\n', 'run-7\n']);
  });

  it('tells in its heartbeats how long it runs and what it said last', async () => {
    const heard = place.folder + '/heard';
    const acts = activities(hooksOf(`echo 2 of 3 are down; while [ ! -e ${heard} ]; do sleep 0.1; done`));
    const environment = activityEnvironment();
    const told = new Promise<string>((resolve) => {
      environment.on('heartbeat', (details?: { progress: string }) => {
        if (details?.progress.includes('down') === true) resolve(details.progress);
      });
    });

    const running = runActivity(() => acts.runHook(INPUT), environment);
    const progress = await told;
    await runActivity(() =>
      activities({ ...hooksOf('true'), stop: { command: ['touch', heard] } }).runHook(INPUT),
    );
    await running;

    expect(progress).toMatch(/^hook stop: running for \d+s: 2 of 3 are down$/);
  });

  it('ends the hook when it is cancelled', async () => {
    const acts = activities(hooksOf('while :; do sleep 0.1; done'));
    const environment = activityEnvironment();

    const running = runActivity(() => acts.runHook(INPUT), environment);
    await until(() => place.running().some((line) => line.startsWith('/bin/sh')));
    environment.cancel();

    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect(place.running()).toEqual([]);
  });

  it('says so when the cluster has no hooks', async () => {
    const running = runActivity(() => activities().runHook(INPUT));

    await expect(running).rejects.toThrow(/clusters\.drill\.restore\.hooks is not in the config/);
  });
});

describe('activities/hooks: dryRunHooks', () => {
  it('says what would be run, in its order, and runs nothing', async () => {
    const acts = activities({
      ...hooksOf(`touch ${place.folder}/ran`),
      start: { command: ['./no-such-hook'], timeout: '90 s' },
    });

    const outlooks = await runActivity(() => acts.dryRunHooks(INPUT));

    const hook = `${place.folder}/hook`;
    expect(outlooks).toEqual([
      { hook: 'stop', ok: true, lines: [`run ${hook}, for 10 minutes at most`] },
      { hook: 'zeebeRestore', ok: true, lines: [`run ${hook}, for 1 hour at most`] },
      {
        hook: 'start',
        ok: false,
        lines: [
          'run ./no-such-hook, for 1 minute 30 seconds at most',
          expect.stringMatching(/\/no-such-hook is not there or cannot be executed$/),
        ],
      },
    ]);
  });
});
