import type { CallOptions } from '../../camunda/port.ts';
import type { PreflightReport } from '../../contract/preflight.ts';
import type { ActivityDeps } from '../deps.ts';
import { requireSettings } from '../stores.ts';
import { checkAddresses } from './checks/addresses.ts';
import { checkBackups } from './checks/backups.ts';
import { checkClocks } from './checks/clocks.ts';
import { checkCold } from './checks/cold.ts';
import { checkCopies } from './checks/copies.ts';
import { checkDatabases } from './checks/databases.ts';
import { checkEncryption } from './checks/encryption.ts';
import { checkExporting } from './checks/exporting.ts';
import { checkHealth } from './checks/health.ts';
import { checkIndices } from './checks/indices.ts';
import { checkParts } from './checks/parts.ts';
import { checkProtection } from './checks/protection.ts';
import { checkReplicate } from './checks/replicate.ts';
import { checkRepository } from './checks/repository.ts';
import { checkRestore } from './checks/restore.ts';
import { checkSearchEngine } from './checks/searchEngine.ts';
import { checkSettings } from './checks/settings.ts';
import { checkStore } from './checks/store.ts';
import { checkTopology } from './checks/topology.ts';
import { createContext, type Check } from './context.ts';
import { readFacts } from './facts.ts';

/** Every topic, in the order of the report. They run side by side. */
const CHECKS: Check[] = [
  checkCold,
  checkHealth,
  checkTopology,
  checkExporting,
  checkParts,
  checkBackups,
  checkSettings,
  checkRepository,
  checkSearchEngine,
  checkIndices,
  checkDatabases,
  checkStore,
  checkRestore,
  checkProtection,
  checkReplicate,
  checkCopies,
  checkEncryption,
  checkClocks,
  checkAddresses,
];

/** Looks at a cluster without taking a backup of it; needs no Temporal. */
export interface Inspector {
  /**
   * Everything that a backup of this cluster needs, ok or not, all at once; with `cold` a cold one. Whatever is wrong with the
   * cluster is a finding. Fails with `InvalidInput` for a name that is not in the config, and with the reason of an aborted signal.
   */
  inspectCluster(cluster: string, options?: CallOptions & { cold?: boolean }): Promise<PreflightReport>;
}

export function createInspector(deps: ActivityDeps): Inspector {
  return {
    async inspectCluster(cluster, { cold = false, ...call } = {}) {
      const clusterConfig = requireSettings(deps.config, cluster);
      const context = createContext({
        cluster,
        cold,
        config: clusterConfig,
        camunda: deps.camunda(cluster),
        openStore: (name = clusterConfig.store) => deps.store(name),
        call,
      });
      const [findings, facts] = await Promise.all([
        Promise.all(CHECKS.map((check) => check(context))),
        readFacts(context),
      ]);
      return {
        cluster,
        checkedAt: new Date().toISOString(),
        findings: findings.flat(),
        ...(facts === undefined ? {} : { facts }),
      };
    },
  };
}
