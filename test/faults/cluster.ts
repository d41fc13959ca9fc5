import { clusterSettings } from '../../sandbox/clusterSettings.ts';
import type { Profile, SimulatorOptions } from '../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import type { DatabaseUnderTest } from './backing.ts';
import { until } from './until.ts';

/** What a cluster of the config is made of; its simulators are of the same make. */
export type ClusterShape = {
  profile?: Profile; // default 8.8
  brokers?: 1 | 2 | 3; // default 1
  optimize?: boolean; // default true
  /** Whether its backups dump the database of the installation. Default false. */
  database?: boolean;
  /** Further settings, such as `budgets`; they replace those of the same name. */
  settings?: Record<string, unknown>;
};

/** What `freshCluster` may choose for each case. */
export type FreshOptions = Omit<SimulatorOptions, 'profile' | 'brokers' | 'optimize'>;

export type ProxyName =
  | 'broker0'
  | 'broker1'
  | 'broker2'
  | 'restApi'
  | 'searchEngine'
  | 'operate'
  | 'tasklist'
  | 'optimize'
  | 'database';

/** A simulated cluster, reached by the workers through proxies only. */
export interface ClusterUnderTest {
  readonly name: string;
  readonly simulator: Simulator;
  /** Those that the cluster has; from 8.8 the web applications are in `broker0`. */
  readonly proxies: Partial<Record<ProxyName, TcpProxy>>;
  phases: () => string[];
  /** Milliseconds until every partition reads EXPORTING, from now or from a moment of `performance.now()`. */
  timeUntilExporting(sinceMs?: number, timeoutMs?: number): Promise<number>;
}

/** The fixed addresses of one cluster; behind them is one simulator after the other. */
export interface ClusterPlace {
  settings(more: Record<string, unknown>): Record<string, unknown>;
  fresh(options: FreshOptions): Promise<ClusterUnderTest>;
  current(): ClusterUnderTest;
  stop(): Promise<void>;
}

const NOWHERE = 1; // a port that nobody listens on: until the first simulator is there, connections fail

export async function createClusterPlace(
  name: string,
  shape: ClusterShape,
  database?: DatabaseUnderTest,
): Promise<ClusterPlace> {
  const make = {
    profile: shape.profile ?? '8.8',
    brokers: shape.brokers ?? 1,
    optimize: shape.optimize ?? true,
  };
  const names: ProxyName[] = [
    ...(['broker0', 'broker1', 'broker2'] as const).slice(0, make.brokers),
    ...(['restApi', 'searchEngine'] as const),
    ...(make.profile === '8.6' ? (['operate', 'tasklist'] as const) : []),
    ...(make.optimize ? (['optimize'] as const) : []),
  ];
  const proxies: Partial<Record<ProxyName, TcpProxy>> = {};
  for (const each of names) proxies[each] = await startTcpProxy({ target: NOWHERE });
  const databaseProxy =
    shape.database === true && database ? await startTcpProxy({ target: database.server.port }) : undefined;
  if (databaseProxy) proxies.database = databaseProxy;
  const databases = databaseProxy && { 'web-modeler': database?.settingsAt(databaseProxy.port) };
  let current: ClusterUnderTest | undefined;

  function urlOf(proxy: ProxyName): string {
    return `http://${proxies[proxy]?.address ?? ''}`;
  }

  return {
    settings(more) {
      const brokers = names.filter((each) => each.startsWith('broker')).map(urlOf);
      const urls = {
        zeebe: urlOf('broker0'),
        brokers,
        restApi: urlOf('restApi'),
        searchEngine: urlOf('searchEngine'),
        ...(make.profile === '8.8'
          ? { webapps: urlOf('broker0') }
          : { operate: urlOf('operate'), tasklist: urlOf('tasklist') }),
        ...(make.optimize && { optimize: urlOf('optimize') }),
      };
      const own = { exporter: { flushDelay: '100 ms' }, ...(databases && { databases }) };
      return { ...clusterSettings(urls, { ...own, ...more }), ...shape.settings };
    },
    async fresh(options) {
      await current?.simulator.stop();
      const simulator = await startSimulator({ partMs: 50, flushDelayMs: 50, ...options, ...make });
      databaseProxy?.heal();
      for (const each of names) {
        proxies[each]?.heal();
        proxies[each]?.retarget(portOf(simulator, each));
      }
      current = { name, simulator, proxies, ...observe(simulator) };
      return current;
    },
    current() {
      if (current === undefined) throw new Error(`cluster ${name}: freshCluster comes first`);
      return current;
    },
    async stop() {
      await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
      await current?.simulator.stop();
    },
  };
}

function portOf({ urls }: Simulator, proxy: ProxyName): number {
  const url = proxy.startsWith('broker')
    ? urls.brokers[Number(proxy.slice(-1))]
    : urls[proxy as keyof typeof urls];
  return Number(new URL(String(url)).port);
}

function observe(simulator: Simulator): Pick<ClusterUnderTest, 'phases' | 'timeUntilExporting'> {
  const phases = () => simulator.exporting().map((partition) => partition.phase);
  return {
    phases,
    async timeUntilExporting(sinceMs = performance.now(), timeoutMs = 60_000) {
      const runs = () => phases().every((phase) => phase === 'EXPORTING');
      await until(`exporting runs on every partition`, runs, timeoutMs);
      return Math.round(performance.now() - sinceMs);
    },
  };
}
