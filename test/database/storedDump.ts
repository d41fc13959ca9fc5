import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { zstdCompressSync } from 'node:zlib';
import type { StoredArtifact } from '../../src/contract/backup.ts';
import type { ObjectStore } from '../../src/storage/port.ts';

const TRAILER = '--\n-- PostgreSQL database cluster dump complete\n--\n\n';

/** The rest of what an artifact says, which no restore looks at. */
export const WRITTEN = {
  name: 'app.sql.zst',
  database: 'app',
  compression: 'zstd',
  startedAt: new Date(0).toISOString(),
  completedAt: new Date(0).toISOString(),
  tookMs: 0,
} as const;

/** Stores a dump of this SQL, as `change` makes it of the compressed bytes, and tells of it as if it were unchanged. */
export async function storeSql(
  store: ObjectStore,
  key: string,
  sql: string,
  change = (bytes: Buffer): Buffer => bytes,
): Promise<StoredArtifact> {
  const raw = Buffer.from(sql + TRAILER);
  const compressed = zstdCompressSync(raw);
  await store.putStream(key, Readable.from([change(Buffer.from(compressed))]));
  return {
    ...WRITTEN,
    key,
    sizeBytes: compressed.length,
    rawSizeBytes: raw.length,
    sha256: sha256(compressed),
    rawSha256: sha256(raw),
  };
}

/** A dump with one database, whose restore hangs in the middle while the server has the role `slow`. */
export function appSql(rest = ''): string {
  return `CREATE ROLE "app_owner";
ALTER ROLE "app_owner" WITH NOSUPERUSER LOGIN PASSWORD 'of-the-dump';
CREATE DATABASE "app" WITH TEMPLATE = template0 ENCODING = 'UTF8';
ALTER DATABASE "app" OWNER TO "app_owner";
ALTER DATABASE "app" SET "safepoint.restore" TO 'done restore/prod/app older';
\\connect "app"
CREATE TABLE "public"."people" ("id" integer PRIMARY KEY, "mail" "text");
COPY "public"."people" ("id", "mail") FROM stdin;
1\tone@example.org
2\ttwo@example.org
\\.
SELECT pg_sleep(300) FROM pg_roles WHERE rolname = 'slow';
${rest}`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
