import type { InstallationUrls } from '../clusterSettings.ts';
import type { CamundaCluster } from '../stack/stack.ts';

/** What the demo backs up: a Camunda installation with its databases, under load. */
export interface Installation {
  urls: InstallationUrls;
  /** Settings of the cluster that follow from how the installation was set up. */
  settings: Record<string, unknown>;
  /** Stores beside the one of the sets; `s3` has the settings of its server, for other places in it. */
  stores?: (s3: Record<string, unknown>) => Record<string, unknown>;
  /** What runs, one line each, for the person who looks on. */
  description: string[];
  /** Of a real one: what can be destroyed and restored. */
  patient?: Pick<CamundaCluster, 'camunda' | 'openSearch'> & { endLoad(): Promise<unknown> };
}
