import { pipeline } from 'node:stream/promises';
import { SafepointError } from '../../contract/errors.ts';
import { HOLD, LABEL_PREFIX, MANIFEST, setKey, TOMBSTONE } from '../../domain/setKeys.ts';
import { messageOf } from '../../system/redact.ts';
import { putEverywhere } from '../fanOut.ts';
import { createMeter } from '../meter.ts';
import type { ObjectStore } from '../port.ts';
import { candidatesOf, chooseManifest, mayReplace, type Chosen, type Digests } from './chooseManifest.ts';
import {
  differenceOf,
  digestOf,
  readManifest,
  type Artifact,
  type SetRef,
  type StoredBytes,
  type StoredManifest,
} from './setInStores.ts';

export type RepairRequest = SetRef & {
  /** Those of the cluster, the one that leads first. */
  stores: readonly ObjectStore[];
  /** Looks only. */
  dryRun: boolean;
  /** Says what is being done, for it may take long. */
  report?: (doing: string) => void;
};

/** One object of the set in one store. */
export type RepairedObject = {
  name: string; // `web-modeler.sql.zst`, `manifest.json`
  store: string;
  /** As it was found. */
  state: 'good' | 'missing' | 'damaged' | 'unreachable';
  done: 'nothing' | 'copied' | 'would copy' | 'failed';
  /** The store that it was copied from. */
  from?: string;
  /** What is wrong with it, or why it could not be copied. */
  why?: string;
};

/**
 * Makes every store have every artifact and the manifest of a set, from those that do. What is copied is verified on its way,
 * and appears only when it is right; the manifest comes last. Doing it again changes nothing. Fails with `NoGoodCopy` before
 * anything is written when an object is good nowhere, and with `InvalidInput` when the set is being deleted, or was deleted
 * meanwhile.
 */
export async function repairSet(request: RepairRequest): Promise<RepairedObject[]> {
  const { stores, report } = request;
  await refuseDeleted(request);
  report?.('reading the manifests');
  const found = await Promise.all(stores.map((store) => readManifest(store, request)));
  const digests = await readDigests(found, request);
  const chosen = chooseManifest(found, digests, request);
  const objects: RepairedObject[] = [];
  for (const artifact of chosen.manifest.artifacts)
    objects.push(...(await repairArtifact(artifact, digests, request)));
  const whole = (store: ObjectStore) => objects.every((each) => each.store !== store.name || isGood(each));
  for (const each of found)
    objects.push(await repairManifest(each, chosen, { found, digests, request, whole }));
  return [...objects, ...(await repairHold(request))];
}

/** Whether the store has it, as far as this command goes. */
export function isGood({ state, done }: RepairedObject): boolean {
  return state === 'good' || done === 'copied';
}

async function refuseDeleted({ stores, cluster, backupId }: RepairRequest): Promise<void> {
  const key = setKey(cluster, backupId, TOMBSTONE);
  const marked = await Promise.all(stores.map((store) => store.head(key).catch(() => null)));
  const at = marked.findIndex((info) => info !== null);
  if (at === -1) return;
  const name = stores[at]?.name ?? '';
  throw new SafepointError(
    'InvalidInput',
    `set ${backupId} of ${cluster} is being deleted: ${TOMBSTONE} is in store ${name}`,
  );
}

/** Copying dumps may take hours; a set that was deleted meanwhile must not come back by its manifest. */
async function refuseChanged(source: ObjectStore, chosen: Chosen, request: RepairRequest): Promise<void> {
  const { cluster, backupId } = request;
  await refuseDeleted(request);
  if ((await source.getObject(setKey(cluster, backupId, MANIFEST))) === chosen.text) return;
  throw new SafepointError(
    'InvalidInput',
    `set ${backupId} of ${cluster} has changed meanwhile: store ${source.name} no longer has the manifest that was read there; dumps that were copied stay`,
  );
}

/** Every artifact that any valid manifest tells of, read in full from every store. */
async function readDigests(
  found: readonly StoredManifest[],
  { stores, report }: RepairRequest,
): Promise<Digests> {
  const digests = new Map(stores.map(({ name }) => [name, new Map<string, StoredBytes>()]));
  const keys = new Set(
    candidatesOf(found).flatMap(({ manifest }) => manifest.artifacts.map(({ key }) => key)),
  );
  for (const key of keys) {
    report?.(`reading ${key} in every store`);
    await Promise.all(
      stores.map(async (store) => {
        digests.get(store.name)?.set(key, await digestOf(store, key));
      }),
    );
  }
  return digests;
}

async function repairArtifact(
  artifact: Artifact,
  digests: Digests,
  { stores, dryRun, report }: RepairRequest,
): Promise<RepairedObject[]> {
  const objects = stores.map((store) => ({ store, object: stateOf(store, artifact, digests) }));
  const sources = objects.filter(({ object }) => object.state === 'good').map(({ store }) => store);
  const targets = objects.filter(({ object }) => object.state === 'missing' || object.state === 'damaged');
  for (const { object } of targets) object.done = dryRun ? 'would copy' : 'failed';
  if (dryRun || targets.length === 0) return objects.map(({ object }) => object);

  for (const source of sources) {
    const left = targets.filter(({ object }) => object.done === 'failed');
    if (left.length === 0) break;
    const names = left.map(({ store }) => store.name).join(', ');
    report?.(`copying ${artifact.name} from ${source.name} to ${names}`);
    const placed = await copy(
      artifact,
      source,
      left.map(({ store }) => store),
    );
    for (const { store, object } of left) {
      const why = placed.get(store.name);
      if (why === undefined) Object.assign(object, { done: 'copied', from: source.name });
      else object.why = why;
    }
  }
  return objects.map(({ object }) => object);
}

function stateOf(store: ObjectStore, artifact: Artifact, digests: Digests): RepairedObject {
  const bytes = digests.get(store.name)?.get(artifact.key) ?? { kind: 'absent' };
  const why = differenceOf(bytes, artifact);
  const object = { name: artifact.name, store: store.name, done: 'nothing' } as const;
  if (why === null) return { ...object, state: 'good' };
  const state = ({ there: 'damaged', absent: 'missing', failed: 'unreachable' } as const)[bytes.kind];
  return { ...object, state, why };
}

/** Why a store did not take it, by name; the others have it. The source is measured again on its way. */
async function copy(
  artifact: Artifact,
  source: ObjectStore,
  targets: readonly ObjectStore[],
): Promise<Map<string, string>> {
  const meter = createMeter({
    beforeEnd() {
      const bytes = { kind: 'there', sizeBytes: meter.sizeBytes, sha256: meter.sha256() } as const;
      const difference = differenceOf(bytes, artifact);
      if (difference === null) return Promise.resolve();
      return Promise.reject(
        new SafepointError('StoreFailed', `${source.locate(artifact.key)}: ${difference}`),
      );
    },
  });
  try {
    const body = await source.getStream(artifact.key);
    pipeline(body, meter.stream).catch(() => undefined); // its failure reaches the stores through the meter
    const { notStored } = await putEverywhere(targets, artifact.key, meter.stream);
    return new Map(notStored.map(({ store, why }) => [store, why]));
  } catch (error) {
    return new Map(targets.map(({ name }) => [name, messageOf(error)]));
  }
}

type ManifestContext = {
  found: readonly StoredManifest[];
  digests: Digests;
  request: RepairRequest;
  /** Whether the store has all artifacts. */
  whole: (store: ObjectStore) => boolean;
};

async function repairManifest(
  stored: StoredManifest,
  chosen: Chosen,
  { found, digests, request, whole }: ManifestContext,
): Promise<RepairedObject> {
  const { store } = stored;
  const source = found.find((each) => each.kind === 'valid' && each.text === chosen.text)?.store;
  const object = { name: MANIFEST, store: store.name };
  if (stored.kind === 'valid' && stored.text === chosen.text)
    return { ...object, state: 'good', done: 'nothing' };
  if (stored.kind === 'failed') return { ...object, state: 'unreachable', done: 'nothing', why: stored.why };
  const from = source?.name ?? '';
  const state = stored.kind === 'absent' ? 'missing' : 'damaged';
  const bad = { ...object, state, done: 'failed', ...('why' in stored && { why: stored.why }) } as const;
  if (stored.kind === 'valid' && !mayReplace(stored, chosen, found, digests)) {
    const why = `it differs from the one in ${from}, and nothing shows which is right; compare them, remove the wrong one and repair again`;
    return { ...bad, why };
  }
  if (request.dryRun) return { ...bad, done: 'would copy', from };
  if (!whole(store)) return { ...bad, why: 'the store lacks an artifact, and the manifest comes last' };
  const key = setKey(request.cluster, request.backupId, MANIFEST);
  try {
    if (source !== undefined) {
      await refuseChanged(source, chosen, request);
      await copyLabels(source, store, request);
    }
    await store.putObject(key, chosen.text, { createOnly: stored.kind === 'absent', lock: true });
    if ((await store.getObject(key)) !== chosen.text)
      throw new Error('what was written is not what is there');
    return { ...bad, done: 'copied', from };
  } catch (error) {
    if (error instanceof SafepointError && error.code === 'InvalidInput') throw error; // the set is gone, no store has failed
    return { ...bad, why: messageOf(error) };
  }
}

/** A hold in one store keeps the set everywhere; it must outlive the loss of that store. */
async function repairHold({ stores, cluster, backupId, dryRun }: RepairRequest): Promise<RepairedObject[]> {
  const key = setKey(cluster, backupId, HOLD);
  const found = await Promise.all(
    stores.map(async (store) => ({ store, text: await store.getObject(key).catch(() => undefined) })),
  );
  const source = found.find(({ text }) => typeof text === 'string');
  if (typeof source?.text !== 'string') return [];
  const objects: RepairedObject[] = [];
  for (const { store, text } of found) {
    const object = { name: HOLD, store: store.name, done: 'nothing' } as const;
    if (typeof text === 'string') objects.push({ ...object, state: 'good' });
    else if (text === undefined) objects.push({ ...object, state: 'unreachable' });
    else objects.push(await copyHold(store, source.store.name, { key, text: source.text, dryRun }));
  }
  return objects;
}

async function copyHold(
  store: ObjectStore,
  from: string,
  { key, text, dryRun }: { key: string; text: string; dryRun: boolean },
): Promise<RepairedObject> {
  const object = { name: HOLD, store: store.name, state: 'missing', from } as const;
  if (dryRun) return { ...object, done: 'would copy' };
  try {
    await store.putObject(key, text);
    return { ...object, done: 'copied' };
  } catch (error) {
    return { ...object, done: 'failed', why: messageOf(error) };
  }
}

/** Small objects whose names spare a listing the manifest. */
async function copyLabels(
  source: ObjectStore,
  target: ObjectStore,
  { cluster, backupId }: SetRef,
): Promise<void> {
  const prefix = setKey(cluster, backupId, LABEL_PREFIX);
  for await (const { key } of source.list(prefix)) {
    if ((await target.head(key)) === null) await target.putObject(key, (await source.getObject(key)) ?? '');
  }
}
