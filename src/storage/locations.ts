import type { AzureStoreConfig, GcsStoreConfig } from '../config/schema.ts';

/** With a slash at its end, unless it is empty. */
export function normalPrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

export function containerUrl(config: AzureStoreConfig): string {
  const service = config.endpoint ?? `https://${config.account}.blob.core.windows.net`;
  return `${service}/${encodeURIComponent(config.container)}`;
}

export function azureLocation(config: AzureStoreConfig, key: string): string {
  return `${containerUrl(config)}/${normalPrefix(config.prefix)}${key}`;
}

export function gcsLocation(config: GcsStoreConfig, key: string): string {
  return `gs://${config.bucket}/${normalPrefix(config.prefix)}${key}`;
}
