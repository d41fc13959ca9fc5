import type { CamundaClient } from '../camunda/port.ts';
import type { Config } from '../config/schema.ts';
import type { ObjectStore } from '../storage/port.ts';

/** What the activities need from outside; built once, in `worker.ts` or `client.ts`. */
export interface ActivityDeps {
  config: Config;
  /** One client a cluster, kept for the life of the process. */
  camunda: (cluster: string) => CamundaClient;
  store: (name: string) => ObjectStore;
}
