import type { ReportedSettings, Topology } from '../../camunda/port.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import type { CutPart } from '../../contract/parts.ts';
import type { ClusterFacts } from '../../contract/preflight.ts';
import type { CheckContext } from './context.ts';
import { expectedParts } from './checks/parts.ts';
import { effectiveFlushDelayMs } from './checks/settings.ts';

/** What a run and a restore need to know of the cluster; `undefined` when it could not be asked. */
export async function readFacts(context: CheckContext): Promise<ClusterFacts | undefined> {
  const settings = context.settings.read().catch(() => []);
  try {
    const [topology, parts] = await Promise.all([context.topology.read(), context.parts.read()]);
    return assembleFacts(context.config, topology, parts, await settings);
  } catch {
    context.call.signal?.throwIfAborted();
    return undefined; // the checks that own these answers say why
  }
}

export function assembleFacts(
  config: ClusterConfig,
  topology: Topology,
  parts: CutPart[],
  settings: ReportedSettings[],
): ClusterFacts {
  const { repository, indexPrefixes } = config.searchEngine;
  const held = parts.includes('indices') ? expectedParts(config) : parts;
  const has = (...wanted: CutPart[]) => wanted.some((part) => held.includes(part));
  return {
    camundaVersion: topology.version,
    partitionCount: topology.partitionCount,
    replicationFactor: topology.replicationFactor,
    brokerCount: topology.brokerCount,
    parts,
    repository,
    indexPrefixes: {
      ...(has('webapps', 'operate') ? { operate: indexPrefixes.operate } : {}),
      ...(has('webapps', 'tasklist') ? { tasklist: indexPrefixes.tasklist } : {}),
      ...(has('optimize') ? { optimize: indexPrefixes.optimize } : {}),
      zeebeRecords: indexPrefixes.zeebeRecords,
    },
    flushDelayMs: effectiveFlushDelayMs(settings, config.exporter.flushDelay),
  };
}
