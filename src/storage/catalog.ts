import type { z } from 'zod';
import { SetFailure } from '../contract/failure.ts';
import { Intent } from '../contract/intent.ts';
import { Manifest } from '../contract/manifest.ts';
import { compareIds } from '../domain/backupId.ts';
import { clusterPrefix, FAILURE, INTENT, MANIFEST, setKey } from '../domain/setKeys.ts';
import type { ObjectStore } from './port.ts';

/** `unfinished`: in flight, or its run was killed. `unreadable`: a manifest that is not one; never counts as a backup. */
export type SetState = 'complete' | 'partial' | 'failed' | 'unfinished' | 'unreadable';

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
  reasons: string[];
};

/** A set with everything that its store says of it. */
export type CatalogSet = { entry: CatalogEntry; manifest?: Manifest; intent?: Intent; failure?: SetFailure };

/** Sets read at the same time; each costs up to three small objects. */
const PARALLEL_READS = 8;

/** Every set in the stores, newest first, of one cluster or of all. The stores alone say what there is. */
export async function readCatalog(
  stores: readonly ObjectStore[],
  wanted: { cluster?: string; backupId?: string } = {},
): Promise<CatalogSet[]> {
  const found = (await Promise.all(stores.map((store) => findSets(store, wanted)))).flat();
  const sets: CatalogSet[] = [];
  for (let at = 0; at < found.length; at += PARALLEL_READS) {
    sets.push(...(await Promise.all(found.slice(at, at + PARALLEL_READS).map(readSet))));
  }
  return sets.sort((left, right) => compareIds(right.entry.backupId, left.entry.backupId));
}

/**
 * The sets of one cluster in one store, newest first, each read when it is asked for: who looks for the last good one stops
 * there, however many there are.
 */
export async function* readNewestSets(store: ObjectStore, cluster: string): AsyncGenerator<CatalogSet> {
  const places = await findSets(store, { cluster });
  places.sort((left, right) => compareIds(right.backupId, left.backupId));
  for (const place of places) yield await readSet(place);
}

type SetPlace = { store: ObjectStore; cluster: string; backupId: string };

async function findSets(
  store: ObjectStore,
  wanted: { cluster?: string; backupId?: string },
): Promise<SetPlace[]> {
  const clusters =
    wanted.cluster === undefined ? await store.listFolders('') : [wanted.cluster].filter(isFolderName);
  const places = clusters.map(async (cluster) => {
    const ids = await store.listFolders(clusterPrefix(cluster));
    return ids
      .filter((id) => /^\d+$/.test(id) && (wanted.backupId === undefined || id === wanted.backupId))
      .map((backupId) => ({ store, cluster, backupId }));
  });
  return (await Promise.all(places)).flat();
}

async function readSet({ store, cluster, backupId }: SetPlace): Promise<CatalogSet> {
  const read = (object: string) => store.getObject(setKey(cluster, backupId, object));
  const place = {
    cluster,
    backupId,
    store: store.name,
    location: store.locate(setKey(cluster, backupId, '')),
  };

  const manifestText = await read(MANIFEST);
  if (manifestText !== null) {
    const manifest = parseAs(Manifest, manifestText);
    if (manifest === null)
      return { entry: { ...place, ...nothingKnown('unreadable', 'manifest.json is not a manifest') } };
    if (manifest.cluster !== cluster || manifest.backupId !== backupId) {
      // Its keys and commands are those of the other set and would lead astray here.
      const reason = `manifest.json is the one of backup ${manifest.backupId} of ${manifest.cluster}`;
      return { entry: { ...place, ...nothingKnown('unreadable', reason) } };
    }
    return { entry: { ...place, ...factsOf(manifest) }, manifest };
  }
  const intent = parseAs(Intent, await read(INTENT));
  const failure = parseAs(SetFailure, await read(FAILURE));
  const entry: CatalogEntry = {
    ...place,
    ...nothingKnown(failure === null ? 'unfinished' : 'failed', reasonOf(intent, failure)),
    procedure: intent?.procedure ?? null,
    startedAt: intent?.startedAt ?? null,
  };
  return { entry, ...(intent === null ? {} : { intent }), ...(failure === null ? {} : { failure }) };
}

/** What a person typed must not lead out of the store. */
function isFolderName(name: string): boolean {
  return !['', '.', '..'].includes(name) && !name.includes('/');
}

type SetFacts = Omit<CatalogEntry, 'cluster' | 'backupId' | 'store' | 'location'>;

function factsOf(manifest: Manifest): SetFacts {
  return {
    state: manifest.verdict,
    procedure: manifest.procedure.name,
    startedAt: manifest.startedAt,
    completedAt: manifest.completedAt,
    windowMs: manifest.window.tookMs,
    sizeBytes: manifest.artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0),
    reasons: manifest.reasons,
  };
}

function nothingKnown(state: SetState, reason: string): SetFacts {
  return {
    state,
    procedure: null,
    startedAt: null,
    completedAt: null,
    windowMs: null,
    sizeBytes: null,
    reasons: [reason],
  };
}

function reasonOf(intent: Intent | null, failure: SetFailure | null): string {
  if (failure !== null) return `${failure.code}: ${failure.message}`;
  return intent === null
    ? 'neither manifest nor intent'
    : `in flight or ended without a word: run ${intent.workflowId}`;
}

function parseAs<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
