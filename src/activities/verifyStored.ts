import { cancellationSignal } from '@temporalio/activity';
import type { CamundaClient } from '../camunda/port.ts';
import { SafepointError } from '../contract/errors.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { PartResult } from '../contract/parts.ts';
import type { Finding } from '../contract/preflight.ts';
import { MANIFEST, setKey } from '../domain/setKeys.ts';
import { fitsLabels } from '../domain/setLabel.ts';
import { readDocuments } from '../storage/catalogEntry.ts';
import type { ObjectStore } from '../storage/port.ts';
import { openFolder, type SetFolder } from '../storage/setFolders.ts';
import { sha256Of } from '../system/sha256.ts';
import { readBackDumps, type ReadBack } from './readBack.ts';
import { askAgain, lookUpSnapshots } from './verify.ts';

type Report = (details: { progress: string }) => void;

export type StoredSet = {
  camunda: CamundaClient;
  stores: readonly ObjectStore[];
  encryption?: ReadBack['encryption'];
  cluster: string;
  backupId: string;
};

/** `restorable`: whether Camunda has every part and one store the manifest and every dump, whatever is wrong with the copies. */
export type StoredSetReport = { findings: Finding[]; restorable: boolean };

/**
 * Looks at a sealed set as if nobody had seen it before: the manifest of each store and its digest, every dump in every store to
 * its last byte, each part at Camunda, each snapshot with its indices. Fails only when something could not be asked.
 */
export async function inspectStoredSet(
  { camunda, stores, encryption, cluster, backupId }: StoredSet,
  report: Report,
): Promise<StoredSetReport> {
  const copies: { store: ObjectStore; folder: SetFolder | null }[] = [];
  for (const store of stores) copies.push({ store, folder: await openFolder(store, cluster, backupId) });
  const manifests = await Promise.all(copies.map((copy) => readCopy(copy, backupId)));
  const findings = manifests.map(({ finding }) => finding);
  const manifest = manifests.find((each) => each.manifest !== undefined)?.manifest;
  if (manifest === undefined) return { findings, restorable: false };
  const differ = new Set(manifests.flatMap(({ sha256 }) => sha256 ?? [])).size > 1;
  if (differ)
    findings.push(
      bad('manifest.same', 'the manifests of the stores differ', 'find out which one is the real one'),
    );

  report({ progress: 'asking every part again' });
  const parts = manifest.parts as unknown as PartResult[];
  const shared = await Promise.all(parts.map((part) => askStored(camunda, part)));
  shared.push(...compareSnapshots(manifest, await lookUpSnapshots(camunda, parts)));
  findings.push(...shared);
  let wholeCopies = 0;
  for (const [at, { store, folder }] of copies.entries()) {
    if (folder === null) continue;
    // A store that lacked a dump when the set was sealed may have got it since.
    const artifacts = manifest.artifacts.map((artifact) => ({ ...artifact, stores: [store.name] }));
    const dumps = await readBackDumps({ artifacts, backupId }, { stores: [store], encryption, report });
    findings.push(...dumps.findings);
    const own = [manifests[at]?.finding, ...dumps.findings];
    if (!own.some((finding) => finding === undefined || isError(finding))) wholeCopies += 1;
  }
  return { findings, restorable: !differ && wholeCopies > 0 && !shared.some(isError) };
}

const isError = ({ ok, severity }: Finding) => !ok && severity === 'error';

/** An application that left the config, or this version of Camunda, can no longer be asked; its snapshots still can. */
async function askStored(camunda: CamundaClient, part: PartResult): Promise<Finding> {
  try {
    return await askAgain(camunda, part);
  } catch (error) {
    if (!(error instanceof SafepointError) || error.code !== 'InvalidConfig') throw error;
    return {
      check: `${part.part}.complete`,
      ok: false,
      severity: 'warning',
      seen: `cannot be asked any more, only its snapshots: ${error.message}`,
      fix: 'nothing to do where the application was taken away on purpose',
    };
  }
}

async function readCopy(
  { store, folder }: { store: ObjectStore; folder: SetFolder | null },
  backupId: string,
): Promise<{ finding: Finding; manifest?: Manifest; sha256?: string }> {
  const check = `manifest.${store.name}`;
  const repair = `safepoint repair ${backupId} copies it from another store, if one has it`;
  if (folder === null) return { finding: bad(check, `store ${store.name} does not have the set`, repair) };
  const { entry, manifest } = await readDocuments(folder);
  if (manifest === undefined)
    return { finding: bad(check, `${entry.location}: ${entry.reasons.join('; ')}`, repair) };
  const text =
    (await store.getObject(setKey(folder.cluster, backupId, MANIFEST), { signal: cancellationSignal() })) ??
    '';
  const sha256 = sha256Of(text);
  if (!fitsLabels(folder.objects.keys(), sha256))
    return {
      manifest,
      sha256,
      finding: bad(check, `${entry.location}${MANIFEST} is not as it was written`, repair),
    };
  return { manifest, sha256, finding: good(check, `${entry.location}${MANIFEST} as written`) };
}

function compareSnapshots(
  { searchEngine: { snapshots: sealed } }: Manifest,
  seen: Awaited<ReturnType<typeof lookUpSnapshots>>,
): Finding[] {
  return sealed.map(({ name, indices }) => {
    const check = `snapshot.${name}`;
    const fix = 'look who deletes snapshots of the repository; take a new backup';
    const now = seen.find((snapshot) => snapshot.name === name);
    if (now?.state !== 'SUCCESS') return bad(check, `${name} is ${now?.state ?? 'MISSING'}`, fix);
    const missing = indices.filter((index) => !now.indices.includes(index));
    if (missing.length > 0) return bad(check, `${name} no longer holds ${missing.join(', ')}`, fix);
    return good(check, `${name} is SUCCESS, with its ${indices.length} indices`);
  });
}

function good(check: string, seen: string): Finding {
  return { check, ok: true, severity: 'error', seen };
}

function bad(check: string, seen: string, fix: string): Finding {
  return { check, ok: false, severity: 'error', seen, fix };
}
