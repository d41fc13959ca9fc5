/** Generation of Camunda that the simulator stands in for. */
export type Profile = '8.6' | '8.8';

/** The processes of the simulated installation, as far as they answer HTTP. */
export type Component =
  'zeebe' | 'webapps' | 'operate' | 'tasklist' | 'optimize' | 'searchEngine' | 'restApi';

/** Parts that a component backs up itself; the `zeebe-record*` snapshot is the client's own work. */
export type SimulatedPart = 'zeebe' | 'webapps' | 'operate' | 'tasklist' | 'optimize';

export type SimulatorOptions = {
  /** `8.6`: separate Operate and Tasklist on OpenSearch. `8.8`: one process, on Elasticsearch. */
  profile: Profile;
  optimize?: boolean; // default true
  /** Whether `zeebe-record*` indices exist. Default: with 8.6, and with Optimize. */
  zeebeRecords?: boolean;
  partitions?: number; // default 2
  brokers?: number; // default 1; each partition has up to three members
  /** How long each part of a backup takes, in milliseconds; 0 = complete at once. Default 200. */
  partMs?: number;
  /** Records that each partition writes a second, so that positions move. Default 50. */
  loadPerSecond?: number;
  /** The exporter writes what it has buffered this often, in milliseconds. Default 100. */
  flushDelayMs?: number;
  /** The 404 and INCOMPLETE that a healthy backup answers at first (camunda#33717). Default true. */
  transients?: boolean;
};

export type Settings = Required<SimulatorOptions> & {
  version: string;
  engine: 'elasticsearch' | 'opensearch';
  repository: string;
  parts: SimulatedPart[];
};

/** The options with their defaults, and what follows from the profile. */
export function settle(options: SimulatorOptions): Settings {
  const optimize = options.optimize ?? true;
  const apps: SimulatedPart[] = options.profile === '8.6' ? ['operate', 'tasklist'] : ['webapps'];
  return {
    profile: options.profile,
    optimize,
    zeebeRecords: options.zeebeRecords ?? (optimize || options.profile === '8.6'),
    partitions: options.partitions ?? 2,
    brokers: options.brokers ?? 1,
    partMs: options.partMs ?? 200,
    loadPerSecond: options.loadPerSecond ?? 50,
    flushDelayMs: options.flushDelayMs ?? 100,
    transients: options.transients ?? true,
    version: options.profile === '8.6' ? '8.6.0' : '8.8.0',
    engine: options.profile === '8.6' ? 'opensearch' : 'elasticsearch',
    repository: 'camunda',
    parts: ['zeebe', ...apps, ...(optimize ? (['optimize'] as const) : [])],
  };
}
