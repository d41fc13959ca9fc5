import type { CamundaClient } from '../camunda/port.ts';
import type { Config } from '../config/schema.ts';
import type { Verdict } from '../contract/backup.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { Metrics } from '../system/metrics.ts';

/** What the activities need from outside; built once, in `worker.ts` or `client.ts`. */
export interface ActivityDeps {
  config: Config;
  /** One client a cluster, kept for the life of the process. */
  camunda: (cluster: string) => CamundaClient;
  store: (name: string) => ObjectStore;
  metrics: Metrics;
  /** Hears of every set that ended here, after its last object was written. */
  setEnded: (cluster: string, verdict: Verdict) => void;
}
