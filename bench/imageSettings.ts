import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The settings of memory with which a worker runs in the image, as environment variables; read from the Dockerfile. */
export function imageMemorySettings(): Record<string, string> {
  const dockerfile = readFileSync(path.join(import.meta.dirname, '..', 'Dockerfile'), 'utf8');
  const settings = [...dockerfile.matchAll(/\b(NODE_OPTIONS|MALLOC_\w+)=(\S+)/g)];
  if (settings.length === 0) throw new Error('the Dockerfile has no settings of memory');
  return Object.fromEntries(settings.map(([, name, value]) => [name, value] as [string, string]));
}
