import { cancellationSignal } from '@temporalio/activity';
import type { DumpSource } from '../contract/databaseRestore.ts';
import { SafepointError } from '../contract/errors.ts';
import type { ReadDumpRequest } from '../database/readDump.ts';
import { formatSize } from '../domain/statusTable.ts';
import { WrongIdentity } from '../storage/age.ts';
import { readIdentities } from '../system/age.ts';
import { messageOf } from '../system/redact.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * Reads a dump from the first store that has it whole, and tells which one that is. `cluster`: the one that takes it, whose
 * private key is used where the cluster of the set has none, or is not in this config. Fails with `InvalidConfig` when it cannot
 * be decrypted, with `StoreFailed` when no store has it whole and one did not answer, else with `DumpUnusable`: all of them have
 * answered, and another read of what may be a terabyte would find the same.
 */
export async function readDumpOf<T>(
  { config, store }: Pick<ActivityDeps, 'config' | 'store'>,
  { cluster: origin, artifact, stores }: DumpSource,
  cluster: string,
  read: (request: ReadDumpRequest) => Promise<T>,
  onProgress: (progress: string) => void,
): Promise<{ result: T; store: string }> {
  const key = `clusters.${config.clusters[origin] === undefined ? cluster : origin}.encryption.identity`;
  const identity = [origin, cluster].flatMap((name) => config.clusters[name]?.encryption?.identity ?? [])[0];
  if (artifact.encryption !== undefined && identity === undefined)
    throw new SafepointError(
      'InvalidConfig',
      `${artifact.name} is encrypted; give its private key in ${key}`,
    );
  const identities =
    artifact.encryption === undefined || identity === undefined ? [] : readIdentities(identity);
  const failures: SafepointError[] = [];
  for (const name of stores) {
    try {
      const request: ReadDumpRequest = {
        store: store(name),
        artifact,
        identities,
        signal: cancellationSignal(),
        onProgress: ({ sizeBytes }) => {
          onProgress(
            `${artifact.database}: ${formatSize(sizeBytes)} of ${formatSize(artifact.sizeBytes)} from ${name}`,
          );
        },
      };
      return { result: await read(request), store: name };
    } catch (error) {
      if (error instanceof WrongIdentity)
        throw new SafepointError('InvalidConfig', `${key}: ${artifact.name}: ${messageOf(error)}`);
      if (!(error instanceof SafepointError) || !['StoreFailed', 'DumpFailed'].includes(error.code))
        throw error;
      failures.push(error);
    }
  }
  const code = failures.some((failure) => failure.code === 'StoreFailed') ? 'StoreFailed' : 'DumpUnusable';
  const why = failures.map(({ message }) => message).join('; ');
  throw new SafepointError(code, why || `no store of this config has ${artifact.name}`);
}
