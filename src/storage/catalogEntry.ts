import type { z } from 'zod';
import { SetFailure } from '../contract/failure.ts';
import { Intent } from '../contract/intent.ts';
import { Manifest } from '../contract/manifest.ts';
import { CheckRecord, Hold, Tombstone } from '../contract/setRecords.ts';
import type { SetState } from '../contract/setState.ts';
import { lastCheckName, parseCheckName } from '../domain/setCheck.ts';
import {
  FAILURE,
  HOLD,
  INTENT,
  isDumpName,
  isOwnName,
  MANIFEST,
  RESTORING,
  setKey,
  TOMBSTONE,
} from '../domain/setKeys.ts';
import { parseLabel, type SetLabel } from '../domain/setLabel.ts';
import { lastProof, listTrials, type SetTrial } from '../domain/setTrial.ts';
import type { SetFolder } from './setFolders.ts';

/** One set in one store, as `list` shows it. Times ISO 8601, spans milliseconds; `null`: not known. */
export type CatalogEntry = {
  cluster: string;
  backupId: string;
  state: SetState;
  store: string;
  location: string; // of the set, as an operator finds it
  procedure: string | null;
  startedAt: string | null;
  completedAt: string | null;
  windowMs: number | null;
  /** What Safepoint itself stored; the parts of Camunda lie in Camunda's own stores. */
  sizeBytes: number | null;
  /** Whether a person has put it out of the reach of rotation. */
  held: boolean;
  /** A restore has begun from it and not ended. */
  restoring: boolean;
  /** The last time that it was restored whole or in part, in earnest or as a drill, and went well. */
  proof: SetTrial | null;
  /** The last `verify` after it was sealed. */
  check: { at: string; ok: boolean } | null;
  reasons: string[];
};

/** What was read of a set; a document that is not there, or not of its shape, is left out. */
export type SetDocuments = {
  manifest?: Manifest;
  intent?: Intent;
  failure?: SetFailure;
  hold?: Hold;
  tombstone?: Tombstone;
  lastCheck?: CheckRecord;
};

/** A set with everything that its store says of it. */
export type CatalogSet = { entry: CatalogEntry } & SetDocuments;

/** The entry of a set; it is opened only where names and sizes do not tell all. */
export async function describeFolder(folder: SetFolder): Promise<CatalogSet> {
  const label = readLabel(folder);
  if (label === null || label.verdict === 'partial' || folder.objects.has(TOMBSTONE))
    return await readDocuments(folder);
  const facts: SetFacts = {
    state: label.verdict,
    procedure: label.procedure,
    startedAt: new Date(label.startedMs).toISOString(),
    completedAt: new Date(label.completedMs).toISOString(),
    windowMs: label.windowMs,
    reasons: [],
  };
  return { entry: entryOf(folder, facts, { count: label.artifacts, sizeBytes: label.artifactBytes }) };
}

/** The set with its documents, each of them opened. */
export async function readDocuments(folder: SetFolder): Promise<CatalogSet> {
  const { manifest, unreadable } = await readManifest(folder);
  const documents = {
    ...(manifest === undefined ? {} : { manifest }),
    ...(await readOptional(folder, 'hold', HOLD, Hold)),
    ...(await readOptional(folder, 'tombstone', TOMBSTONE, Tombstone)),
    ...(await readOptional(
      folder,
      'lastCheck',
      lastCheckName([...folder.objects.keys()]) ?? '',
      CheckRecord,
    )),
    ...(manifest === undefined && unreadable === undefined ? await readBeginning(folder) : {}),
  };
  const expected =
    manifest === undefined
      ? null
      : {
          count: manifest.artifacts.length,
          sizeBytes: manifest.artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0),
        };
  const facts = factsOf(documents, { unreadable, isDeleting: folder.objects.has(TOMBSTONE) });
  return { entry: entryOf(folder, facts, expected), ...documents };
}

/** The label of this manifest; `null` where there is none, several, or one of another manifest. */
function readLabel({ objects }: SetFolder): SetLabel | null {
  const [label, ...others] = [...objects.keys()].map(parseLabel).filter((each) => each !== null);
  if (label === undefined || others.length > 0) return null;
  return objects.get(MANIFEST)?.sizeBytes === label.manifestBytes ? label : null;
}

async function readManifest(folder: SetFolder): Promise<{ manifest?: Manifest; unreadable?: string }> {
  const { cluster, backupId } = folder;
  const text = await readText(folder, MANIFEST);
  if (text === null) return {};
  const manifest = parseAs(Manifest, text);
  if (manifest === null) return { unreadable: 'manifest.json is not a manifest' };
  if (manifest.cluster === cluster && manifest.backupId === backupId) return { manifest };
  // Its keys and commands are those of the other set and would lead astray here.
  return { unreadable: `manifest.json is the one of backup ${manifest.backupId} of ${manifest.cluster}` };
}

async function readBeginning(folder: SetFolder): Promise<Pick<SetDocuments, 'intent' | 'failure'>> {
  return {
    ...(await readOptional(folder, 'intent', INTENT, Intent)),
    ...(await readOptional(folder, 'failure', FAILURE, SetFailure)),
  };
}

async function readOptional<Field extends string, T>(
  folder: SetFolder,
  field: Field,
  name: string,
  schema: z.ZodType<T>,
): Promise<Partial<Record<Field, T>>> {
  const text = await readText(folder, name);
  const value = text === null ? null : parseAs(schema, text);
  return value === null ? {} : ({ [field]: value } as Record<Field, T>);
}

async function readText(
  { store, cluster, backupId, objects }: SetFolder,
  name: string,
): Promise<string | null> {
  return objects.has(name) ? await store.getObject(setKey(cluster, backupId, name)) : null;
}

type SetFacts = Pick<
  CatalogEntry,
  'state' | 'procedure' | 'startedAt' | 'completedAt' | 'windowMs' | 'reasons'
>;

function factsOf(
  documents: SetDocuments,
  { unreadable, isDeleting }: { unreadable: string | undefined; isDeleting: boolean },
): SetFacts {
  const { manifest, intent, failure, tombstone } = documents;
  if (isDeleting) {
    const began =
      tombstone === undefined
        ? 'its deletion began, and tombstone.json cannot be read'
        : `its deletion began ${tombstone.deletedAt}: ${tombstone.reasons.join('; ')}`;
    return { ...beginningOf(documents), state: 'deleting', reasons: [began] };
  }
  if (manifest !== undefined) {
    return {
      state: manifest.verdict,
      procedure: manifest.procedure.name,
      startedAt: manifest.startedAt,
      completedAt: manifest.completedAt,
      windowMs: manifest.window.tookMs,
      reasons: manifest.reasons,
    };
  }
  const beginning = beginningOf(documents);
  if (unreadable !== undefined) return { ...beginning, state: 'unreadable', reasons: [unreadable] };
  if (failure !== undefined)
    return { ...beginning, state: 'failed', reasons: [`${failure.code}: ${failure.message}`] };
  const reason =
    intent === undefined
      ? 'neither manifest nor intent'
      : `in flight or ended without a word: run ${intent.workflowId}`;
  return { ...beginning, state: 'unfinished', reasons: [reason] };
}

function beginningOf({ intent }: SetDocuments): Omit<SetFacts, 'state' | 'reasons'> {
  return {
    procedure: intent?.procedure ?? null,
    startedAt: intent?.startedAt ?? null,
    completedAt: null,
    windowMs: null,
  };
}

/** `expected`: the dumps that the manifest names; `null` without one. */
function entryOf(
  { store, cluster, backupId, objects }: SetFolder,
  facts: SetFacts,
  expected: { count: number; sizeBytes: number } | null,
): CatalogEntry {
  const dumps = [...objects].filter(([name]) => isDumpName(name));
  const sizeBytes = dumps.reduce((sum, [, info]) => sum + info.sizeBytes, 0);
  const reasons = [...facts.reasons];
  const differs = expected !== null && (expected.count !== dumps.length || expected.sizeBytes !== sizeBytes);
  if (differs && facts.state !== 'deleting')
    reasons.push(
      `${dumps.length} dumps of ${sizeBytes} bytes are here, the manifest names ${expected.count} of ${expected.sizeBytes}; safepoint verify ${backupId}`,
    );
  const strangers = [...objects.keys()].filter((name) => !isOwnName(name));
  if (strangers.length > 0)
    reasons.push(
      `not of Safepoint: ${strangers.slice(0, 3).join(', ')}${strangers.length > 3 ? ', ...' : ''}`,
    );
  return {
    cluster,
    backupId,
    store: store.name,
    location: store.locate(setKey(cluster, backupId, '')),
    ...facts,
    state: differs && facts.state === 'complete' ? 'partial' : facts.state,
    sizeBytes: expected === null ? null : sizeBytes,
    held: objects.has(HOLD),
    restoring: objects.has(RESTORING),
    proof: lastProof(listTrials([...objects.keys()])),
    check: parseCheckName(lastCheckName([...objects.keys()]) ?? ''),
    reasons,
  };
}

function parseAs<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
