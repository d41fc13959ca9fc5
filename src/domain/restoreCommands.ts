import type { Manifest } from '../contract/manifest.ts';

/** What the commands are made of; the rest of a manifest says nothing about how to restore. */
export type RestoreFacts = Pick<Manifest, 'backupId' | 'searchEngine' | 'artifacts'> & {
  /** Where an operator finds an artifact, such as `s3://bucket/prefix/key`. */
  locate: (artifact: Manifest['artifacts'][number]) => string;
};

/**
 * The commands of a restore by hand, in order (camunda-docs, "Restore a backup"). `$SEARCH` is the search engine. Indices are
 * listed, and deleted by name: Elasticsearch 8 refuses patterns.
 */
export function restoreCommands({ backupId, searchEngine, artifacts, locate }: RestoreFacts): string[] {
  const repository = searchEngine.repository ?? 'REPOSITORY';
  const patterns = Object.values(searchEngine.indexPrefixes)
    .map((prefix) => `${prefix}*`)
    .join(',');
  return [
    '# 1. stop Operate, Tasklist, Optimize and the brokers; empty the data folders of the brokers; list the indices, then delete them',
    `INDICES=$(curl -fsS "$SEARCH/_cat/indices/${patterns}?h=index&expand_wildcards=all"); echo "$INDICES"`,
    'for index in $INDICES; do curl -fsS -X DELETE "$SEARCH/$index"; done',
    '# 2. restore the snapshots, one after the other',
    ...searchEngine.snapshots
      .filter((snapshot) => snapshot.indices.length > 0)
      .map(
        (snapshot) =>
          `curl -fsS -X POST "$SEARCH/_snapshot/${repository}/${snapshot.name}/_restore?wait_for_completion=true"`,
      ),
    '# 3. on every broker, with its own configuration and an empty data folder',
    `bin/restore --backupId=${backupId}`,
    artifacts.length === 0
      ? '# 4. no databases in this set'
      : '# 4. databases, into an empty server whose superuser is none of the roles in the dump',
    ...(artifacts.some(({ encryption }) => encryption !== undefined)
      ? ['# key.txt: the private key of one of the recipients, as age-keygen writes it']
      : []),
    ...artifacts.flatMap((artifact) => [
      `# fetch ${locate(artifact)}`,
      `echo '${artifact.sha256}  ${artifact.name}' | sha256sum --check`,
      `${unpack(artifact)} | psql -X -v ON_ERROR_STOP=1 -d postgres`,
    ]),
    '# 5. start the brokers, then the applications',
  ];
}

function unpack({ name, encryption }: Manifest['artifacts'][number]): string {
  return encryption === undefined ? `zstd -dc < ${name}` : `age -d -i key.txt < ${name} | zstd -dc`;
}
