import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clusterSettings } from '../../../sandbox/clusterSettings.ts';
import type { Fault } from '../../../sandbox/simulator/faults/faults.ts';
import type { SimulatorOptions } from '../../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../../sandbox/simulator/startSimulator.ts';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { createInspector } from '../../../src/activities/preflight/inspect.ts';
import { Config } from '../../../src/config/schema.ts';
import type { Finding, PreflightReport } from '../../../src/contract/preflight.ts';
import { createDependencies } from '../../../src/dependencies.ts';

export const CLUSTER = 'prod';

export type SimulatedCluster = {
  simulator: Simulator;
  deps: ActivityDeps;
  folder: string; // of the store `main`
  offsite: string; // of the store `offsite`, which no cluster uses by itself
  inspect(): Promise<PreflightReport>;
  close(): Promise<void>;
};

/** A simulated cluster named `prod`, a store that is a folder, and the real clients between. */
export async function startCluster(
  options: SimulatorOptions,
  adapt: (cluster: Record<string, unknown>, simulator: Simulator) => unknown = (cluster) => cluster,
): Promise<SimulatedCluster> {
  const simulator = await startSimulator(options);
  const folder = await mkdtemp(path.join(tmpdir(), 'safepoint-preflight-'));
  const offsite = await mkdtemp(path.join(tmpdir(), 'safepoint-offsite-'));
  const deps = createDependencies(
    Config.parse({
      stores: { main: { type: 'folder', path: folder }, offsite: { type: 'folder', path: offsite } },
      clusters: { [CLUSTER]: adapt(settingsOf(simulator), simulator) },
    }),
  );
  return {
    simulator,
    deps,
    folder,
    offsite,
    inspect: () => createInspector(deps).inspectCluster(CLUSTER),
    async close() {
      await deps.close();
      await simulator.stop();
      for (const each of [folder, offsite]) await rm(each, { recursive: true, force: true });
    },
  };
}

/** What preflight says while the fault is there. */
export async function inspectWith(cluster: SimulatedCluster, ...faults: Fault[]): Promise<PreflightReport> {
  const handles = faults.map((fault) => cluster.simulator.faults.add(fault));
  try {
    return await cluster.inspect();
  } finally {
    for (const handle of handles) handle.remove();
  }
}

/** Findings that are not ok, as `severity check`. */
export function badOnes(report: PreflightReport): string[] {
  return report.findings
    .filter((finding) => !finding.ok)
    .map(({ severity, check }) => `${severity} ${check}`);
}

export function find(report: PreflightReport, check: string): Finding {
  const finding = report.findings.find((one) => one.check === check);
  if (finding === undefined)
    throw new Error(`no finding ${check} among ${report.findings.map((one) => one.check).join(', ')}`);
  return finding;
}

function settingsOf({ urls, repository }: Simulator): Record<string, unknown> {
  const settings = clusterSettings(urls, { store: 'main' });
  return { ...settings, searchEngine: { url: urls.searchEngine, repository } };
}
