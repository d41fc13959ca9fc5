import { cancellationSignal } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import type { SealInput, StoredArtifact, VerifyReport } from '../contract/backup.ts';
import type { ManifestSnapshot } from '../contract/manifest.ts';
import type { PartResult } from '../contract/parts.ts';
import type { Finding } from '../contract/preflight.ts';
import { proveCut } from '../domain/cut.ts';
import { describeProgress } from '../domain/partProgress.ts';
import { readBackDumps, type ReadBack } from './readBack.ts';

/** What verification found, and for the manifest the snapshots with their indices, and the dumps with the stores that have them. */
export type Verified = VerifyReport & { snapshots: ManifestSnapshot[]; artifacts: StoredArtifact[] };

/**
 * The seed's table of checks and more: every part asked again, every snapshot looked up in the search engine, every dump
 * read back from every store, the cut proven. Nothing here trusts what an earlier step was told.
 */
export async function verifySet(
  client: CamundaClient,
  from: Pick<ReadBack, 'stores' | 'encryption'>,
  input: SealInput,
  report: (details: { progress: string }) => void,
): Promise<Verified> {
  const { parts } = input.window;
  report({ progress: 'verify: asking every part again' });
  const partFindings = await Promise.all(parts.map((part) => askAgain(client, part)));
  report({ progress: 'verify: looking up the snapshots' });
  const snapshots = await lookUpSnapshots(client, parts);
  const uncovered = await findUncoveredIndices(client, input, snapshots);
  const dumps = await readBackDumps(input, { ...from, report });
  const findings = [...partFindings, ...judgeSnapshots(parts, snapshots), uncovered, ...dumps.findings];
  const cut = proveCut({
    pause: input.plan.pause,
    paused: input.window.pause.readings,
    parts,
    waves: input.waves,
    partitionCount: input.facts.partitionCount,
  });
  return { findings, cut, snapshots, artifacts: dumps.artifacts };
}

export async function askAgain(client: CamundaClient, captured: PartResult): Promise<Finding> {
  const check = `${captured.part}.complete`;
  const status = await client.getBackup(captured.part, captured.backupId, { signal: cancellationSignal() });
  const same = fingerprint(status.pieces) === fingerprint(captured.pieces);
  // Partitions that were added since make no backup of before them incomplete.
  const wasScaled = (status.expectedPieces ?? captured.pieces.length) !== captured.pieces.length;
  if (same && (status.kind === 'complete' || (status.kind === 'running' && wasScaled))) {
    return { check, ok: true, severity: 'error', seen: describeProgress(status) };
  }
  const seen = same
    ? describeProgress(status)
    : `${describeProgress(status)}, but its pieces are not those that were captured`;
  return {
    check,
    ok: false,
    severity: 'error',
    seen,
    fix: `look into the log of the component; take a new backup`,
  };
}

function fingerprint(pieces: PartResult['pieces']): string {
  const facts = pieces.map(
    ({ name, complete, checkpointPosition }) => `${name} ${complete} ${checkpointPosition ?? ''}`,
  );
  return facts.sort().join('\n');
}

export async function lookUpSnapshots(
  client: CamundaClient,
  parts: readonly PartResult[],
): Promise<ManifestSnapshot[]> {
  const found: ManifestSnapshot[] = [];
  for (const { part, pieces } of parts.filter((captured) => captured.part !== 'zeebe')) {
    for (const piece of pieces) {
      const [snapshot] = await client.searchEngine.listSnapshots(piece.name, {
        signal: cancellationSignal(),
      });
      found.push({
        name: piece.name,
        part,
        state: snapshot?.state ?? 'MISSING',
        indices: snapshot?.indices ?? [],
      });
    }
  }
  return found;
}

function judgeSnapshots(parts: readonly PartResult[], snapshots: readonly ManifestSnapshot[]): Finding[] {
  return parts
    .filter((captured) => captured.part !== 'zeebe')
    .map(({ part }) => {
      const ofPart = snapshots.filter((snapshot) => snapshot.part === part);
      const bad = ofPart.filter((snapshot) => snapshot.state !== 'SUCCESS');
      const indices = ofPart.reduce((sum, snapshot) => sum + snapshot.indices.length, 0);
      const check = `${part}.snapshots`;
      if (bad.length === 0 && indices > 0) {
        return {
          check,
          ok: true,
          severity: 'error',
          seen: `${ofPart.length} snapshots SUCCESS, ${indices} indices`,
        };
      }
      const seen =
        bad.length > 0
          ? bad.map(({ name, state }) => `${name} is ${state}`).join(', ')
          : `no index in ${ofPart.length} snapshots`;
      return {
        check,
        ok: false,
        severity: 'error',
        seen,
        fix: 'check the snapshot repository and take a new backup',
      };
    });
}

/** Live indices that no snapshot holds: dated indices were missing from complete backups before (camunda#47122). */
async function findUncoveredIndices(
  client: CamundaClient,
  { facts, window }: SealInput,
  snapshots: readonly ManifestSnapshot[],
): Promise<Finding> {
  const check = 'indices.covered';
  const prefixes = Object.values(facts.indexPrefixes);
  const live = await client.searchEngine.listIndices(prefixes, { signal: cancellationSignal() });
  const held = new Set(snapshots.flatMap((snapshot) => snapshot.indices));
  const missing = live.filter((index) => index.createdAt < window.pause.pausedAt && !held.has(index.name));
  if (missing.length === 0) {
    return {
      check,
      ok: true,
      severity: 'warning',
      seen: `all ${live.length} live indices of ${prefixes.join(', ')} are held`,
    };
  }
  const names = missing.map((index) => index.name).join(', ');
  return {
    check,
    ok: false,
    severity: 'warning',
    seen: `${missing.length} live indices are in no snapshot: ${names}`,
    fix: 'compare with the release notes of your Camunda patch (camunda#47122) and snapshot them apart if they matter',
  };
}
