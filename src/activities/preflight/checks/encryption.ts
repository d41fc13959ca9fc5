import type { Finding } from '../../../contract/preflight.ts';
import { readIdentities, recipientsOf } from '../../../system/age.ts';
import { messageOf } from '../../../system/redact.ts';
import type { CheckContext } from '../context.ts';
import { judge } from '../findings.ts';

/** The private key, where there is one, fits one of the public ones. */
export async function checkEncryption({ config }: CheckContext): Promise<Finding[]> {
  const { recipients, identity } = config.encryption ?? {};
  if (recipients === undefined || identity === undefined) return [];
  const fits = await recipientsOfIdentity(identity).then(
    (own) => ({ ok: own.some((each) => recipients.includes(each)), why: null }),
    (error: unknown) => ({ ok: false, why: messageOf(error) }),
  );
  return [
    judge({
      check: 'encryption.identity',
      severity: 'warning',
      ok: fits.ok,
      seen: fits.why ?? `the identity is ${fits.ok ? 'that of one' : 'of none'} of the recipients`,
      fix: 'set `encryption.identity` to the private key of one of the recipients, or leave it out',
    }),
  ];
}

async function recipientsOfIdentity(identity: Parameters<typeof readIdentities>[0]): Promise<string[]> {
  return await recipientsOf(readIdentities(identity));
}
