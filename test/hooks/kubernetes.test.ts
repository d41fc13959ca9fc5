import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { HOOK_NAMES } from '../../src/contract/hooks.ts';
import { deploymentOf } from './brokers.ts';
import { until } from './hookPrograms.ts';
import { kubernetesFixture } from './kubernetesFixture.ts';

const BROKERS = 'statefulsets/camunda-zeebe';
const OPERATE = 'deployments/operate';
const BEFORE = 'safepoint/replicas-before-restore';

const kubernetes = kubernetesFixture();

function replicasOf(key: string): number | undefined {
  return kubernetes.world.workloads.get(key)?.spec.replicas;
}

function annotationOf(key: string): unknown {
  return kubernetes.world.workloads.get(key)?.metadata.annotations?.[BEFORE];
}

describe('hooks/kubernetes: stop', () => {
  it('scales all to 0, remembers how many they were, and waits until no pod is left', async () => {
    const output = await kubernetes.run('stop');

    expect([replicasOf(BROKERS), replicasOf(OPERATE)]).toEqual([0, 0]);
    expect([annotationOf(BROKERS), annotationOf(OPERATE)]).toEqual(['3', '2']);
    expect(kubernetes.world.pods.size).toBe(0);
    expect(output).toBe(
      [
        'scale StatefulSet camunda-zeebe from 3 to 0',
        'scale Deployment operate from 2 to 0',
        'StatefulSet camunda-zeebe: waiting for the end of camunda-zeebe-0, camunda-zeebe-1, camunda-zeebe-2',
        'StatefulSet camunda-zeebe: no pod is left',
        'Deployment operate: no pod is left',
        '',
      ].join('\n'),
    );
  });

  it('run again, changes nothing and keeps what it remembers', async () => {
    await kubernetes.stopped();

    const output = await kubernetes.run('stop');

    expect(output).toMatch(/leave StatefulSet camunda-zeebe alone, it has 0 replicas, and had 3 before/);
    expect(annotationOf(BROKERS)).toBe('3');
    expect(kubernetes.world.writes).toEqual([]);
  });

  it('reads again what somebody else has changed meanwhile', async () => {
    kubernetes.world.conflicts = 2;

    await kubernetes.run('stop');

    expect([replicasOf(BROKERS), annotationOf(BROKERS)]).toEqual([0, '3']);
  });

  it('gives up when it never gets its turn', async () => {
    kubernetes.world.conflicts = 100;

    await expect(kubernetes.run('stop')).rejects.toThrow(
      /^hook stop of prod: .* was changed by others each time/,
    );
  });

  it('fails at its time limit, and says what it waits for', async () => {
    kubernetes.world.stuckPods = true;

    await expect(
      kubernetes.run('stop', { config: kubernetes.hooks({ timeout: '2 s' }) }),
    ).rejects.toMatchObject({
      code: 'HookFailed',
      message: expect.stringMatching(
        /^hook stop of prod: was not over after 2s: StatefulSet camunda-zeebe: waiting for the end of camunda-zeebe-0/,
      ),
    });
  });

  it('ends with the reason of a cancel', async () => {
    kubernetes.world.stuckPods = true;
    const cancel = new AbortController();
    const lines: string[] = [];
    const reason = new Error('cancelled');

    const running = kubernetes.run('stop', { signal: cancel.signal, lines }).catch((error: unknown) => error);
    await until(() => lines.some((line) => line.includes('waiting')));
    cancel.abort(reason);

    expect(await running).toBe(reason);
  });
});

describe('hooks/kubernetes: start', () => {
  it('scales all to what they had, forgets it, and waits until every replica is ready', async () => {
    await kubernetes.stopped();

    const output = await kubernetes.run('start');

    expect([replicasOf(BROKERS), replicasOf(OPERATE)]).toEqual([3, 2]);
    expect([annotationOf(BROKERS), annotationOf(OPERATE)]).toEqual([undefined, undefined]);
    expect(output).toMatch(/scale StatefulSet camunda-zeebe from 0 to 3\n/);
    expect(output).toMatch(/camunda-zeebe: 2 of 3 are ready\n.*camunda-zeebe: 3 of 3 are ready\n/);
  });

  it('run again, waits only', async () => {
    await kubernetes.stopped();
    await kubernetes.run('start');
    kubernetes.world.writes.length = 0;

    await kubernetes.run('start');

    expect(kubernetes.world.writes).toEqual([]);
  });

  it('leaves at 0 what had no replicas before', async () => {
    kubernetes.server.add('deployments', deploymentOf('optimize', 0));
    const config = kubernetes.hooks({
      workloads: [
        { kind: 'StatefulSet', name: 'camunda-zeebe' },
        { kind: 'Deployment', name: 'optimize' },
      ],
    });
    await kubernetes.run('stop', { config });

    const output = await kubernetes.run('start', { config });

    expect(replicasOf('deployments/optimize')).toBe(0);
    expect(output).toMatch(/leave Deployment optimize at 0 replicas/);
  });

  it('fails at its time limit when a replica never becomes ready', async () => {
    await kubernetes.stopped();
    kubernetes.world.neverReady = true;

    await expect(kubernetes.run('start', { config: kubernetes.hooks({ timeout: '2 s' }) })).rejects.toThrow(
      /was not over after 2s: StatefulSet camunda-zeebe: \d of 3 are ready/,
    );
  });
});

describe('hooks/kubernetes: what the API server refuses', () => {
  it('names the right that is missing', async () => {
    kubernetes.world.denied.add('patch statefulsets');

    await expect(kubernetes.run('stop')).rejects.toMatchObject({
      code: 'AccessDenied',
      message: expect.stringMatching(/cannot patch statefulsets in \\?"camunda/),
    });
  });

  it('says which object it does not have', async () => {
    const config = kubernetes.hooks({ workloads: [{ kind: 'Deployment', name: 'tasklist' }] });

    await expect(kubernetes.run('stop', { config })).rejects.toMatchObject({
      code: 'HookFailed',
      message: expect.stringMatching(/^hook stop of prod: .*deployments\/tasklist answered 404/),
    });
  });

  it('lets a fault of the server pass to the next try of Temporal', async () => {
    kubernetes.world.failures = 1;

    await expect(kubernetes.run('stop')).rejects.toMatchObject({ code: 'EndpointUnreachable' });
  });

  it('never shows the token', async () => {
    process.env.HOOK_TEST_TOKEN = 'another-token-4711';

    const failure = await kubernetes.run('stop').catch(String);

    expect(failure).toMatch(/answered 401/);
    expect(failure).not.toContain('4711');
  });
});

describe('hooks/kubernetes: rights', () => {
  it('needs those of ops/kubernetes/restore/role.yaml, and no other', async () => {
    const role = readFileSync(path.join('ops', 'kubernetes', 'restore', 'role.yaml'), 'utf8');
    const { rules } = parse(role) as { rules: { resources: string[]; verbs: string[] }[] };
    const granted = rules.flatMap(({ resources: [name = ''], verbs }) =>
      verbs.map((verb) => `${verb} ${name}`),
    );

    await kubernetes.outlooks();
    for (const hook of HOOK_NAMES) await kubernetes.run(hook);

    expect([...kubernetes.world.used].sort()).toEqual(granted.sort());
  });
});

describe('hooks/kubernetes: what would be done', () => {
  it('shows all three, admitted by the server, and changes nothing', async () => {
    const before = structuredClone([...kubernetes.world.workloads]);

    const shown = await kubernetes.outlooks();

    expect(shown).toEqual([
      {
        hook: 'stop',
        ok: true,
        lines: ['scale StatefulSet camunda-zeebe from 3 to 0', 'scale Deployment operate from 2 to 0'],
      },
      {
        hook: 'zeebeRestore',
        ok: true,
        lines: [
          'run 3 Jobs side by side, as the pods of StatefulSet camunda-zeebe with image camunda/zeebe:8.7.1',
          ...[0, 1, 2].map(
            (ordinal) =>
              `empty /usr/local/zeebe/data on volume claim data-camunda-zeebe-${ordinal} and restore broker ${ordinal} from backup 1042`,
          ),
        ],
      },
      {
        hook: 'start',
        ok: true,
        lines: ['scale StatefulSet camunda-zeebe from 0 to 3', 'scale Deployment operate from 0 to 2'],
      },
    ]);
    expect([...kubernetes.world.workloads]).toEqual(before);
    expect(kubernetes.world.created).toEqual([]);
    expect(kubernetes.world.writes).toHaveLength(7);
    expect(kubernetes.world.writes.filter((write) => !write.endsWith('(dry run)'))).toEqual([]);
  });

  it('without apply is shown all the same, and nothing can be run', async () => {
    const config = kubernetes.hooks({ apply: undefined });

    const shown = await kubernetes.outlooks(config);
    const running = kubernetes.run('stop', { config });

    await expect(running).rejects.toMatchObject({ code: 'HookFailed' });
    expect(shown.map(({ ok, lines }) => [ok, lines.at(-1)])).toEqual(
      Array(3).fill([false, 'nothing is done until clusters.prod.restore.hooks.kubernetes.apply is true']),
    );
    expect(shown[0]?.lines[0]).toBe('scale StatefulSet camunda-zeebe from 3 to 0');
    expect(replicasOf(BROKERS)).toBe(3);
  });

  it('says of each hook why it cannot be', async () => {
    kubernetes.world.denied.add('create jobs');

    const shown = await kubernetes.outlooks();

    expect(shown.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(shown[1]?.lines[0]).toMatch(/cannot create jobs/);
  });
});
