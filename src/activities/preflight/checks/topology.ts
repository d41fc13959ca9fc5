import type { Topology } from '../../../camunda/port.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, lookAtShared } from '../findings.ts';

/** Partitions led and healthy, brokers complete and of one version, no scaling under way. */
export async function checkTopology(context: CheckContext): Promise<Finding[]> {
  const findings = await Promise.all([
    lookAtShared(context, 'zeebe.topology', context.topology, (topology) => [judgePartitions(topology)]),
    lookAtShared(context, 'zeebe.versions', context.topology, (topology) => [judgeVersions(topology)]),
    lookAt(context, 'zeebe.scaling', async () => [
      judgeChange(await context.camunda.readPendingChange(context.call)),
    ]),
  ]);
  return findings.flat();
}

export function judgePartitions({ partitions, partitionCount, brokerCount }: Topology): Finding {
  const faults = partitions.flatMap(({ partitionId, leader, healthy }) => {
    if (leader === null) return [`partition ${partitionId} has no leader`];
    return healthy ? [] : [`partition ${partitionId} is unhealthy`];
  });
  const known = new Set(partitions.map((partition) => partition.partitionId));
  for (let id = 1; id <= partitionCount; id += 1) {
    if (!known.has(id)) faults.push(`partition ${id} is missing`);
  }
  return judge({
    check: 'zeebe.topology',
    severity: 'error',
    ok: faults.length === 0 && partitionCount > 0,
    seen:
      faults.length === 0
        ? `${partitionCount} partitions on ${brokerCount} brokers, each with a leader and healthy`
        : faults.join(', '),
    fix: 'bring the brokers of these partitions back; Zeebe backs up all partitions or none',
  });
}

export function judgeVersions({ brokerVersions, version }: Topology): Finding {
  const versions = [...new Set(brokerVersions)].sort();
  if (version === 'unknown' && versions.length === 0) {
    return {
      check: 'zeebe.versions',
      ok: false,
      severity: 'info',
      seen: 'the management address does not tell versions',
      fix: 'set `restApi` in the config, so that the manifest says which version can restore the set',
    };
  }
  return judge({
    check: 'zeebe.versions',
    severity: 'error',
    ok: versions.length <= 1,
    seen: versions.length === 0 ? `gateway ${version}` : `brokers ${versions.join(', ')}`,
    fix: 'finish the update of the brokers first; a backup of mixed versions may not be restorable',
  });
}

export function judgeChange(change: string | null): Finding {
  return judge({
    check: 'zeebe.scaling',
    severity: 'error',
    ok: change === null,
    seen: change ?? 'no change of the cluster under way',
    fix: 'wait until the change is complete; Zeebe refuses backups meanwhile',
  });
}
