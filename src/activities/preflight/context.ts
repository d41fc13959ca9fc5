import type { CallOptions, CamundaClient, ReportedSettings, Topology } from '../../camunda/port.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import type { ExporterReading } from '../../contract/exporting.ts';
import type { CutPart } from '../../contract/parts.ts';
import type { Finding } from '../../contract/preflight.ts';
import { COLD, procedures } from '../../domain/procedures.ts';
import type { ObjectStore } from '../../storage/port.ts';

/** An answer that several checks need: asked once, and reported as missing by its owner only. */
export type Shared<T> = { owner: string; read(): Promise<T> };

/** What a check looks at. */
export type CheckContext = {
  cluster: string;
  /** For a cold backup: the applications must be stopped. */
  cold: boolean;
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
  given: Pick<CheckContext, 'cluster' | 'cold' | 'config' | 'camunda' | 'openStore' | 'call'>,
): CheckContext {
  const { camunda, cold, call } = given;
  return {
    ...given,
    topology: share('zeebe.topology', () => camunda.readTopology(call)),
    settings: share('settings.read', () => camunda.readSettings(call)),
    parts: share('parts.offered', () => discoverParts(camunda, cold, call)),
    exporters: share('exporting.visible', () => camunda.readExporters(call)),
  };
}

/** Applications that are stopped cannot be asked: a cold backup has the same parts in every cluster. */
export async function discoverParts(
  camunda: CamundaClient,
  cold: boolean,
  call: CallOptions,
): Promise<CutPart[]> {
  return cold ? procedures[COLD].waves.flat() : await camunda.discoverParts(call);
}

function share<T>(owner: string, ask: () => Promise<T>): Shared<T> {
  let answer: Promise<T> | undefined;
  return { owner, read: () => (answer ??= ask()) };
}
