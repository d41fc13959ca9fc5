import { randomUUID } from 'node:crypto';
import type { Finding } from '../../../contract/preflight.ts';
import type { ReplicaKind } from '../../../contract/replica.ts';
import { newestGeneration } from '../../../domain/replica/repositoryKeys.ts';
import type { ObjectStore } from '../../../storage/port.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, passed } from '../findings.ts';

/** Sources and targets of `replicate`. Nothing here keeps a backup from being taken: a copy can be made later. */
export async function checkReplicate(context: CheckContext): Promise<Finding[]> {
  const { replicate } = context.config;
  const looks = (['zeebe', 'snapshots'] as const).flatMap((kind) => {
    const pair = replicate?.[kind];
    if (pair === undefined) return [];
    const from = `replicate.${kind}.from`;
    const to = `replicate.${kind}.to`;
    return [
      lookAt(context, from, async () => [
        await lookAtSource(context, kind, from, context.openStore(pair.from)),
      ]),
      lookAt(context, to, async () => [await tryTarget(context, to, context.openStore(pair.to))]),
    ];
  });
  const findings = (await Promise.all(looks)).flat();
  return findings.map((finding) =>
    finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding,
  );
}

async function lookAtSource(
  { call }: CheckContext,
  kind: ReplicaKind,
  check: string,
  store: ObjectStore,
): Promise<Finding> {
  const isThere = kind === 'zeebe' ? await holdsZeebe(store, call) : await holdsRepository(store, call);
  const what = kind === 'zeebe' ? 'backups of Zeebe' : 'a snapshot repository';
  return judge({
    check,
    severity: 'info',
    ok: isThere,
    seen: `${store.locate('')} holds ${isThere ? '' : 'no sign of '}${what}`,
    fix: 'nothing before the first backup; else point the store at the base path',
  });
}

async function holdsZeebe(store: ObjectStore, call: CheckContext['call']): Promise<boolean> {
  const names = await store.listFolders('', call);
  return names.some((name) => /^\d+$/.test(name) || name === 'manifests');
}

async function holdsRepository(store: ObjectStore, call: CheckContext['call']): Promise<boolean> {
  const keys: string[] = [];
  for await (const { key } of store.list('index-', call)) keys.push(key);
  return newestGeneration(keys) !== null;
}

/** Under a name with which the search engine tries repositories itself, so that no copy takes it along. */
async function tryTarget({ call }: CheckContext, check: string, store: ObjectStore): Promise<Finding> {
  const key = `tests-safepoint-${randomUUID()}`;
  await store.putObject(key, key, call);
  await store.remove(key, call);
  return passed(check, 'warning', `${store.locate('')} takes and deletes objects`);
}
