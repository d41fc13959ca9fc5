import type { CamundaClient, Topology } from '../../camunda/port.ts';
import type { ClusterConfig } from '../../config/schema.ts';
import { SafepointError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { PartStatus } from '../../contract/parts.ts';
import type { Finding } from '../../contract/preflight.ts';
import { describeProgress } from '../../domain/partProgress.ts';
import { messageOf } from '../../system/redact.ts';

export type Target = {
  /** Name in the config. */
  name: string;
  camunda: CamundaClient;
  settings: ClusterConfig;
  manifest: Manifest;
  /** Also a set that something speaks against. */
  force: boolean;
  call: { signal?: AbortSignal };
};

/** Whether the set fits into this cluster. What cannot be asked, because it is down, is a warning: a restore is for such days. */
export async function inspectTarget(target: Target): Promise<Finding[]> {
  const checks = [checkTopology, checkZeebe, checkRepository, checkSnapshots];
  const found = await Promise.all(checks.map((check) => check(target)));
  return found.flat();
}

async function checkTopology({ camunda, manifest, call }: Target): Promise<Finding[]> {
  const check = 'target.topology';
  let topology: Topology;
  try {
    topology = await camunda.readTopology(call);
  } catch (error) {
    call.signal?.throwIfAborted();
    const seen = `not seen, as Zeebe does not answer: it must be ${describeLayout(manifest)}; ${messageOf(error)}`;
    return [{ check, ok: false, severity: 'warning', seen, fix: 'make sure of it yourself' }];
  }
  const wanted = manifest.camunda;
  const differences = (['partitionCount', 'replicationFactor'] as const)
    .filter((field) => topology[field] !== wanted[field])
    .map((field) => `${field} is ${topology[field]}, in the backup ${wanted[field]}`);
  const versions = [topology.version, ...topology.brokerVersions].filter((version) => version !== 'unknown');
  const others = [...new Set(versions.filter((version) => version !== wanted.version))];
  if (others.length > 0 && wanted.version !== 'unknown')
    differences.push(`version is ${others.join(' and ')}, in the backup ${wanted.version}`);
  if (differences.length > 0)
    return [
      {
        check,
        ok: false,
        severity: 'error',
        seen: differences.join('; '),
        fix: 'install the very version and layout of the backup (camunda-docs, "Restore a backup")',
      },
    ];
  const findings: Finding[] = [{ check, ok: true, severity: 'error', seen: describeLayout(manifest) }];
  if (versions.length === 0)
    findings.push({
      check: 'target.version',
      ok: false,
      severity: 'warning',
      seen: `Zeebe does not tell its version here; it must be ${wanted.version}`,
      fix: 'set `restApi` in the config, or make sure of it yourself',
    });
  return findings;
}

function describeLayout({ camunda: { version, partitionCount, replicationFactor } }: Manifest): string {
  return `Camunda ${version}, ${partitionCount} partitions, replication factor ${replicationFactor}`;
}

/**
 * Whether Zeebe still knows its backup, and as complete. An error, as no hook can bring it back after the indices are gone. Only
 * a warning where Zeebe may not know: it is down, or is of another cluster and reads another backup store than the hook, or the
 * set is forced, to be restored from a copy of the store.
 */
async function checkZeebe({ camunda, name, manifest, force, call }: Target): Promise<Finding[]> {
  const check = 'target.zeebe';
  const { backupId } = manifest;
  let status: PartStatus;
  try {
    status = await camunda.getBackup('zeebe', backupId, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    const seen = `not seen, whether Zeebe has backup ${backupId}: ${messageOf(error)}`;
    return [{ check, ok: false, severity: 'warning', seen, fix: 'look into its backup store yourself' }];
  }
  if (status.kind === 'complete')
    return [{ check, ok: true, severity: 'error', seen: describeProgress(status) }];
  const isAbsent = status.kind === 'absent';
  const mayLieElsewhere = manifest.cluster === name ? force : isAbsent;
  return [
    {
      check,
      ok: false,
      severity: mayLieElsewhere ? 'warning' : 'error',
      seen: isAbsent ? `Zeebe knows no backup ${backupId}` : describeProgress(status),
      fix: mayLieElsewhere
        ? 'make sure that the hook zeebeRestore reads a store that has it'
        : 'choose another set, or bring the backup back from a copy of the store (docs/replication.md)',
    },
  ];
}

async function checkRepository({
  camunda: { searchEngine },
  settings,
  manifest,
  call,
}: Target): Promise<Finding[]> {
  const check = 'target.repository';
  const { repository } = searchEngine;
  const fix = 'register the repository of the backup in this search engine (docs/restore.md)';
  try {
    if (!(await searchEngine.repositoryExists(call)))
      return [
        { check, ok: false, severity: 'error', seen: `repository ${repository} is not registered`, fix },
      ];
    const running = await searchEngine.listRunningSnapshots(call);
    if (running.length > 0)
      return [
        {
          check,
          ok: false,
          severity: 'error',
          seen: `snapshots are being taken: ${running.join(', ')}`,
          fix: 'wait for their end: an index that is in a running snapshot cannot be deleted',
        },
      ];
  } catch (error) {
    call.signal?.throwIfAborted();
    return [{ check, ok: false, severity: 'error', seen: messageOf(error), fix }];
  }
  const prefixes = Object.values(settings.searchEngine.indexPrefixes);
  const others = Object.values(manifest.searchEngine.indexPrefixes).filter(
    (prefix) => !prefixes.includes(prefix),
  );
  if (others.length > 0)
    return [
      {
        check: 'target.prefixes',
        ok: false,
        severity: 'error',
        seen: `the backup has index prefixes ${others.join(', ')}, which the config of the target has not`,
        fix: 'correct `searchEngine.indexPrefixes`, and run the components with the prefixes of the backup',
      },
    ];
  return [{ check, ok: true, severity: 'error', seen: `repository ${repository} is registered and quiet` }];
}

/** Every snapshot of the set must still be whole; the search engine refuses one that is not only when indices are gone already. */
async function checkSnapshots({ camunda: { searchEngine }, manifest, call }: Target): Promise<Finding[]> {
  return await Promise.all(
    manifest.searchEngine.snapshots.map(async ({ name, indices }): Promise<Finding> => {
      const check = `snapshot.${name}`;
      const bad = (seen: string): Finding => ({
        check,
        ok: false,
        severity: 'error',
        seen,
        fix: 'choose another set, or bring the repository back from a copy (docs/replication.md)',
      });
      try {
        const found = await searchEngine.listSnapshots(name, call);
        const snapshot = found.find((each) => each.name === name);
        if (snapshot?.state !== 'SUCCESS') return bad(`${name} is ${snapshot?.state ?? 'MISSING'}`);
        const missing = indices.filter((index) => !snapshot.indices.includes(index));
        if (missing.length > 0) return bad(`${name} no longer holds ${missing.join(', ')}`);
        return {
          check,
          ok: true,
          severity: 'error',
          seen: `${name} is SUCCESS, with its ${indices.length} indices`,
        };
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!(error instanceof SafepointError)) throw error;
        return bad(error.message);
      }
    }),
  );
}
