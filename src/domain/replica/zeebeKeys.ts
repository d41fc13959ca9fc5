/**
 * Where Zeebe keeps one backup, below its base path, as seen on a real 8.6.0 and read in its source:
 *   up to 8.8 on S3           <partition>/<id>/<node>/manifest.json, .../snapshot/*, .../segments/*
 *   else, and 8.9 everywhere  manifests/<partition>/<id>/<node>/manifest.json and contents/<partition>/<id>/<node>/...
 * Source: io.camunda.zeebe.backup.s3.S3BackupStore, azure and gcs ManifestManager.
 */
const ROOTS = ['', 'manifests/', 'contents/'] as const;
const NUMBER = /^\d+$/;
const MANIFEST = /^(?:manifests\/)?(\d+)\/\d+\/\d+\/manifest\.json$/;

/** Folders of every partition that may hold the backup; `foldersBelow` names the folders directly below one. */
export async function zeebePrefixes(
  backupId: string,
  foldersBelow: (prefix: string) => Promise<string[]>,
): Promise<string[]> {
  const found = await Promise.all(
    ROOTS.map(async (root) =>
      (await foldersBelow(root))
        .filter((name) => NUMBER.test(name))
        .map((partition) => `${root}${partition}/${backupId}/`),
    ),
  );
  return found.flat();
}

/** The partition that a manifest of Zeebe is of; `null` for any other object. */
export function partitionOfManifest(key: string): number | null {
  const partition = MANIFEST.exec(key)?.[1];
  return partition === undefined ? null : Number(partition);
}

/** Contents first: a backup without its manifest is none to Zeebe, so half a copy is never taken for a whole one. */
export function zeebeRank(key: string): number {
  return partitionOfManifest(key) === null ? 0 : 1;
}
