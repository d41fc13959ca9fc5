import { readFileSync } from 'node:fs';
import { SafepointError } from '../contract/errors.ts';
import { rememberSecret } from './redact.ts';

/** A secret by reference: the value stays where it is until the moment it is used. */
export type SecretRef = { env: string } | { file: string };

/**
 * Reads the secret now, so that a rotated file takes effect without a restart; one line break at the end is dropped.
 * From then on `redact` cuts it out of whatever others say. Fails with `SecretMissing` when it is unset, empty or unreadable;
 * the message names the reference, never the value.
 */
export function readSecret(ref: SecretRef): string {
  const value = readReference(ref);
  rememberSecret(describeSecret(ref), value);
  return value;
}

/** The same for what is a name rather than a secret, such as an access key id, and for a look whether it is there. */
export function readReference(ref: SecretRef): string {
  const value = 'env' in ref ? process.env[ref.env] : readSecretFile(ref.file);
  // The environment inherits from Object: `constructor` is there, but is no text.
  if (typeof value !== 'string' || value === '') {
    throw new SafepointError(
      'SecretMissing',
      `${describeSecret(ref)} is not set or empty; set it where the worker runs`,
    );
  }
  return value;
}

export function describeSecret(ref: SecretRef): string {
  return 'env' in ref ? `environment variable ${ref.env}` : `secret file ${ref.file}`;
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new SafepointError('SecretMissing', `secret file ${path} cannot be read`, { cause });
  }
}
