import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Manifest } from '../../contract/manifest.ts';
import { LABEL_PREFIX, MANIFEST, setKey } from '../../domain/setKeys.ts';
import { fitsLabels } from '../../domain/setLabel.ts';
import { sha256Of } from '../../system/sha256.ts';
import { messageOf } from '../../system/redact.ts';
import { createMeter } from '../meter.ts';
import type { ObjectStore } from '../port.ts';

export type SetRef = { cluster: string; backupId: string };

export type Artifact = Manifest['artifacts'][number];

/** What lies under a key in one store; a store that does not answer has failed. */
export type StoredBytes =
  { kind: 'there'; sizeBytes: number; sha256: string } | { kind: 'absent' } | { kind: 'failed'; why: string };

/** The manifest of a set in one store. */
export type StoredManifest = { store: ObjectStore } & (
  | { kind: 'valid'; text: string; manifest: Manifest }
  | { kind: 'unreadable'; text: string; why: string }
  | { kind: 'absent' }
  | { kind: 'failed'; why: string }
);

export async function readManifest(
  store: ObjectStore,
  { cluster, backupId }: SetRef,
): Promise<StoredManifest> {
  let text: string | null;
  let names: string[];
  try {
    names = await listLabels(store, { cluster, backupId });
    text = await store.getObject(setKey(cluster, backupId, MANIFEST));
  } catch (error) {
    return { store, kind: 'failed', why: messageOf(error) };
  }
  if (text === null) return { store, kind: 'absent' };
  const manifest = parse(text);
  if (manifest === null) return { store, kind: 'unreadable', text, why: 'it is not a manifest' };
  // Its keys are those of the other set, and would lead astray here.
  if (manifest.cluster !== cluster || manifest.backupId !== backupId) {
    const why = `it is the one of backup ${manifest.backupId} of ${manifest.cluster}`;
    return { store, kind: 'unreadable', text, why };
  }
  if (!fitsLabels(names, sha256Of(text)))
    return { store, kind: 'unreadable', text, why: 'it is not as it was written, says its label' };
  return { store, kind: 'valid', text, manifest };
}

async function listLabels(store: ObjectStore, { cluster, backupId }: SetRef): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(setKey(cluster, backupId, LABEL_PREFIX)))
    names.push(key.slice(setKey(cluster, backupId, '').length));
  return names;
}

/** Reads the object to its last byte. */
export async function digestOf(store: ObjectStore, key: string): Promise<StoredBytes> {
  try {
    if ((await store.head(key)) === null) return { kind: 'absent' };
    const meter = createMeter();
    await pipeline(await store.getStream(key), meter.stream, createSink());
    return { kind: 'there', sizeBytes: meter.sizeBytes, sha256: meter.sha256() };
  } catch (error) {
    return { kind: 'failed', why: messageOf(error) };
  }
}

/** What is wrong with the bytes; `null` where they are those that the manifest tells of. */
export function differenceOf(bytes: StoredBytes, artifact: Artifact): string | null {
  if (bytes.kind === 'failed') return bytes.why;
  if (bytes.kind === 'absent') return 'it is not there';
  if (bytes.sizeBytes !== artifact.sizeBytes)
    return `its size is ${bytes.sizeBytes} bytes instead of ${artifact.sizeBytes}`;
  return bytes.sha256 === artifact.sha256
    ? null
    : `its sha256 is ${bytes.sha256} instead of ${artifact.sha256}`;
}

function parse(text: string): Manifest | null {
  try {
    return Manifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function createSink(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}
