import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { clusterSettings } from '../clusterSettings.ts';
import type { Installation } from './installation.ts';
import type { Services } from './services.ts';

/** Writes the `safepoint.yaml` of the demo and its secrets, as an operator would; returns the path. */
export function writeConfig(dataDir: string, installation: Installation, { s3, postgres }: Services): string {
  const secret = (name: string, value: string) => {
    const file = path.join(dataDir, 'secrets', name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, value, { mode: 0o600 });
    return { file };
  };
  const main = {
    type: 's3',
    bucket: s3.bucket,
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    accessKeyId: secret('store-access-key-id', s3.accessKeyId),
    secretAccessKey: secret('store-secret-access-key', s3.secretAccessKey),
  };
  const config = {
    temporal: { searchAttributes: true },
    stores: { main, ...installation.stores?.(main) },
    clusters: {
      demo: clusterSettings(installation.urls, {
        ...installation.settings,
        store: 'main',
        databases: {
          'web-modeler': {
            host: postgres.host,
            port: postgres.port,
            user: postgres.user,
            password: secret('web-modeler-password', postgres.password),
            binDir: postgres.binDir,
          },
        },
      }),
    },
  };
  const file = path.join(dataDir, 'safepoint.yaml');
  writeFileSync(file, stringify(config));
  return file;
}
