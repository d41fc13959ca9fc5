import { SafepointError } from '../contract/errors.ts';

const UNVERIFIED = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** Node would talk TLS with anybody, for this whole process. Fails with `InvalidConfig`. */
export function requireVerifiedTls(): void {
  if (process.env[UNVERIFIED] !== '0') return;
  throw new SafepointError(
    'InvalidConfig',
    `${UNVERIFIED} is 0, but Safepoint always verifies whom it talks to; unset it and give tls.ca, or caFile for a store`,
  );
}
