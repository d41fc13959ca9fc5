import type { CallOptions, CamundaClient, ReportedSettings, Topology } from '../../camunda/port.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import type { ExporterReading } from '../../contract/exporting.ts';
import type { CutPart } from '../../contract/parts.ts';
import type { Finding } from '../../contract/preflight.ts';
import type { ObjectStore } from '../../storage/port.ts';

/** An answer that several checks need: asked once, and reported as missing by its owner only. */
export type Shared<T> = { owner: string; read(): Promise<T> };

/** What a check looks at. */
export type CheckContext = {
  cluster: string;
  config: ClusterConfig;
  camunda: CamundaClient;
  /** That of the cluster unless another one is named. Built on demand, so that wrong credentials become a finding. */
  openStore(name?: string): ObjectStore;
  call: CallOptions;
  topology: Shared<Topology>;
  settings: Shared<ReportedSettings[]>;
  parts: Shared<CutPart[]>;
  exporters: Shared<ExporterReading[]>;
};

/** One topic of the preflight. Never fails for anything that is wrong with the cluster; only a cancel passes through. */
export type Check = (context: CheckContext) => Promise<Finding[]>;

export function createContext(
  given: Pick<CheckContext, 'cluster' | 'config' | 'camunda' | 'openStore' | 'call'>,
): CheckContext {
  const { camunda, call } = given;
  return {
    ...given,
    topology: share('zeebe.topology', () => camunda.readTopology(call)),
    settings: share('settings.read', () => camunda.readSettings(call)),
    parts: share('parts.offered', () => camunda.discoverParts(call)),
    exporters: share('exporting.visible', () => camunda.readExporters(call)),
  };
}

function share<T>(owner: string, ask: () => Promise<T>): Shared<T> {
  let answer: Promise<T> | undefined;
  return { owner, read: () => (answer ??= ask()) };
}
