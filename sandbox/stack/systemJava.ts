import path from 'node:path';
import { findOnPath, isExecutable } from './findOnPath.ts';

/**
 * The machine's own Java, the one that Maven needs anyway: `$JAVA_HOME`, else `java` on PATH. OpenSearch runs on it (11 or later):
 * the small runtime from the cache lacks the Thai word rules that OpenSearch checks for.
 */
export function findSystemJava(): string | undefined {
  const home = process.env['JAVA_HOME'];
  const named = home === undefined || home === '' ? undefined : path.join(home, 'bin', 'java');
  return named !== undefined && isExecutable(named) ? named : findOnPath('java');
}
