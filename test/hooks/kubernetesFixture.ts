import { afterEach, beforeEach } from '@jest/globals';
import { KubernetesHooks } from '../../src/config/hooks.ts';
import type { HookName, HookOutlook } from '../../src/contract/hooks.ts';
import type { HookCall } from '../../src/hooks/contract.ts';
import { kubernetesOutlooks, runKubernetesHook } from '../../src/hooks/kubernetes.ts';
import { brokersOf, deploymentOf } from './brokers.ts';
import { startKubernetes, TOKEN } from './kubernetesServer.ts';

const CALL = { cluster: 'prod', backupId: '1042', setCluster: 'prod', runId: 'run-7' };

type Server = Awaited<ReturnType<typeof startKubernetes>>;
type Options = { config?: KubernetesHooks; signal?: AbortSignal; lines?: string[]; call?: Partial<HookCall> };

/** For each test a Kubernetes of its own in which Camunda runs: three brokers with their volumes, two replicas of Operate. */
export function kubernetesFixture() {
  let server: Server;
  beforeEach(async () => {
    process.env.HOOK_TEST_TOKEN = TOKEN;
    server = await startKubernetes();
    server.add('statefulsets', brokersOf(3));
    server.add('deployments', deploymentOf('operate', 2));
    for (const ordinal of [0, 1, 2]) server.world.claims.set(`data-camunda-zeebe-${ordinal}`, 'Bound');
  });
  afterEach(async () => {
    delete process.env.HOOK_TEST_TOKEN;
    await server.stop();
  });

  function hooks(more: object = {}): KubernetesHooks {
    return KubernetesHooks.parse({
      api: { url: server.url, auth: { type: 'bearer', token: { env: 'HOOK_TEST_TOKEN' } } },
      namespace: 'camunda',
      workloads: [
        { kind: 'StatefulSet', name: 'camunda-zeebe' },
        { kind: 'Deployment', name: 'operate' },
      ],
      brokers: 'camunda-zeebe',
      apply: true,
      timeout: '30 s',
      ...more,
    });
  }

  function run(hook: HookName, options: Options = {}): Promise<string> {
    const { config = hooks(), signal = new AbortController().signal, lines = [], call = {} } = options;
    return runKubernetesHook(
      config,
      { ...CALL, hook, ...call },
      { signal, onProgress: (line) => lines.push(line) },
    );
  }

  return {
    get server() {
      return server;
    },
    get world() {
      return server.world;
    },
    hooks,
    run,
    outlooks: (config = hooks()): Promise<HookOutlook[]> =>
      kubernetesOutlooks(config, CALL, new AbortController().signal),
    /** As `stop` leaves it. */
    async stopped(): Promise<void> {
      await run('stop');
      server.world.writes.length = 0;
    },
  };
}
