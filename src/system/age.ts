import { createRequire } from 'node:module';
import type * as Library from 'age-encryption';
import { SafepointError } from '../contract/errors.ts';
import { describeSecret, readReference, type SecretRef } from './secrets.ts';
import { rememberSecret } from './redact.ts';

let library: typeof Library | undefined;

/** The library, loaded when it is first needed: most commands never need it, and the config is read without waiting. */
export function loadAge(): typeof Library {
  library ??= createRequire(import.meta.url)('age-encryption') as typeof Library;
  return library;
}

/** Whether age can encrypt to it: a public key such as `age1ql3z7hj…`. */
export function isRecipient(text: string): boolean {
  try {
    new (loadAge().Encrypter)().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The private keys of an age key file, as `age-keygen` writes it: comments and empty lines do not count. Fails with
 * `SecretMissing` when it cannot be read or holds no key; the message names the reference, never the value.
 */
export function readIdentities(ref: SecretRef): string[] {
  const lines = readReference(ref)
    .split('\n')
    .map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  keys.forEach((key, at) => {
    rememberSecret(`${describeSecret(ref)}, key ${at + 1}`, key);
  });
  if (keys.length > 0 && keys.every(isIdentity)) return keys;
  throw new SafepointError(
    'SecretMissing',
    `${describeSecret(ref)} is no age key: each line must be a comment or begin with AGE-SECRET-KEY-`,
  );
}

/** Public keys that belong to private ones. */
export async function recipientsOf(identities: readonly string[]): Promise<string[]> {
  return await Promise.all(identities.map((identity) => loadAge().identityToRecipient(identity)));
}

function isIdentity(text: string): boolean {
  try {
    new (loadAge().Decrypter)().addIdentity(text);
    return true;
  } catch {
    return false;
  }
}
