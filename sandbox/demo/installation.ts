import type { InstallationUrls } from '../clusterSettings.ts';

/** What the demo backs up: a Camunda installation with its databases, under load. */
export interface Installation {
  urls: InstallationUrls;
  /** Settings of the cluster that follow from how the installation was set up. */
  settings: Record<string, unknown>;
  /** What runs, one line each, for the person who looks on. */
  description: string[];
}
