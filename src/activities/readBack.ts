import { cancellationSignal } from '@temporalio/activity';
import type { ClusterConfig } from '../config/schema.ts';
import type { DumpedArtifact, SealInput, StoredArtifact } from '../contract/backup.ts';
import { SafepointError } from '../contract/errors.ts';
import type { Finding } from '../contract/preflight.ts';
import type { RawContent, ReadDumpRequest } from '../database/readDump.ts';
import { verifyDump, verifyStoredBytes } from '../database/verifyDump.ts';
import { repairHint } from '../domain/repairHint.ts';
import { formatSize } from '../domain/statusTable.ts';
import { WrongIdentity } from '../storage/age.ts';
import type { ObjectStore } from '../storage/port.ts';
import { readIdentities } from '../system/age.ts';
import { messageOf } from '../system/redact.ts';

export type ReadBack = {
  /** The one that leads first. */
  stores: readonly ObjectStore[];
  encryption: ClusterConfig['encryption'];
  report: (details: { progress: string }) => void;
};

/** A store of copies that does not answer is asked once more; the one that leads fails the step, which is tried again. */
const readsOfCopies = 2;

/**
 * Reads every dump back from every store that has it: in full from one, its bytes from the others. One that is good in some
 * stores only is a warning, one that is good in none an error. The artifacts are those that are good, with the stores that are proven
 * to have them and the content that was seen.
 */
export async function readBackDumps(
  { artifacts, backupId }: Pick<SealInput, 'artifacts' | 'backupId'>,
  options: ReadBack,
): Promise<{ artifacts: StoredArtifact[]; findings: Finding[] }> {
  const proven: StoredArtifact[] = [];
  const findings: Finding[] = [];
  for (const artifact of artifacts) {
    const dump = await readBackDump(artifact, options);
    if (dump.good.length > 0) proven.push(describeGood(artifact, dump));
    findings.push(...judgeDump(artifact, dump, backupId));
  }
  return { artifacts: proven, findings };
}

function describeGood(artifact: DumpedArtifact, { good, content }: Seen): StoredArtifact {
  const { rawSizeBytes, rawSha256 } = content?.raw ?? artifact; // an encrypted one was measured when it was written
  if (rawSizeBytes === undefined || rawSha256 === undefined)
    throw new Error(`${artifact.name} is neither measured nor decompressed`);
  const described: StoredArtifact = { ...artifact, rawSizeBytes, rawSha256, stores: good };
  delete described.notStored; // the findings say it
  return described;
}

type Seen = {
  good: string[];
  bad: { store: string; why: string }[];
  /** Where the whole content was seen to the trailer. */
  content: { location: string; raw: RawContent } | null;
  /** Why it could not be decrypted, although its bytes are as they were written. */
  sealed: string | null;
};

async function readBackDump(artifact: DumpedArtifact, options: ReadBack): Promise<Seen> {
  const [lead] = options.stores;
  const having = artifact.stores ?? [lead?.name];
  const waiting = options.stores.filter(({ name }) => having.includes(name));
  const seen: Seen = { good: [], bad: [...(artifact.notStored ?? [])], content: null, sealed: null };

  async function read<T>(
    store: ObjectStore,
    how: (request: ReadDumpRequest) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        const content = await how(requestOf(store));
        seen.good.push(store.name);
        return content;
      } catch (error) {
        cancellationSignal().throwIfAborted();
        if (error instanceof WrongIdentity) throw error;
        const isDamaged = error instanceof SafepointError && error.code === 'DumpFailed';
        if (!isDamaged && store === lead) throw error;
        if (!isDamaged && tries < readsOfCopies) continue;
        seen.bad.push({ store: store.name, why: messageOf(error) });
        return undefined;
      }
    }
  }

  const { identities, sealed } = identitiesFor(artifact, options.encryption);
  seen.sealed = sealed;
  const requestOf = (store: ObjectStore) => ({
    store,
    artifact,
    identities,
    signal: cancellationSignal(),
    onProgress: ({ sizeBytes }: { sizeBytes: number }) => {
      options.report({
        progress: `verify: ${formatSize(sizeBytes)} of ${artifact.name} read back from ${store.name}`,
      });
    },
  });

  const isReadable = () => artifact.encryption === undefined || identities.length > 0;
  while (seen.content === null && isReadable() && seen.sealed === null) {
    const store = waiting.shift();
    if (store === undefined) return seen;
    try {
      const raw = await read(store, verifyDump);
      if (raw !== undefined) seen.content = { location: store.locate(artifact.key), raw };
    } catch (error) {
      if (!(error instanceof WrongIdentity)) throw error;
      seen.sealed = error.message;
      waiting.unshift(store);
    }
  }
  // One after the other: side by side each would add its own to the memory of the worker.
  for (const store of waiting) await read(store, verifyStoredBytes);
  return seen;
}

/** A key that cannot be read is as good as one that does not fit: the bytes can still be compared. */
function identitiesFor(
  { encryption: used }: DumpedArtifact,
  encryption: ClusterConfig['encryption'],
): { identities: string[]; sealed: string | null } {
  if (used === undefined || encryption?.identity === undefined) return { identities: [], sealed: null };
  try {
    return { identities: readIdentities(encryption.identity), sealed: null };
  } catch (error) {
    return { identities: [], sealed: messageOf(error) };
  }
}

function judgeDump(artifact: DumpedArtifact, seen: Seen, backupId: string): Finding[] {
  const check = `dump.${artifact.database}`;
  if (seen.good.length === 0) {
    const why = seen.bad.map((each) => each.why).join('; ');
    return [{ check, ok: false, severity: 'error', seen: why, fix: 'check the store; take a new backup' }];
  }
  const depth =
    seen.content === null
      ? `size and sha256 as written${artifact.encryption === undefined ? '' : ', not decrypted'}`
      : `${seen.content.location}: size and sha256 as written, decompressed to its trailer`;
  const good: Finding = { check, ok: true, severity: 'error', seen: `${depth}; in ${seen.good.join(', ')}` };
  const incomplete = seen.bad.map(({ store, why }): Finding => ({
    check: `${check}.${store}`,
    ok: false,
    severity: 'warning',
    seen: `${artifact.name} is not whole in store ${store}: ${why}`,
    fix: repairHint(backupId),
  }));
  return [good, ...incomplete, ...(seen.sealed === null ? [] : [judgeSealed(check, artifact, seen.sealed)])];
}

function judgeSealed(check: string, artifact: DumpedArtifact, why: string): Finding {
  return {
    check: `${check}.identity`,
    ok: false,
    severity: 'warning',
    seen: `${artifact.name} could not be decrypted to see its content: ${why}`,
    fix: 'set `encryption.identity` to the private key of one of the recipients, or leave it out',
  };
}
