import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { SafepointError } from '../contract/errors.ts';
import { messageOf, rememberSecret } from './redact.ts';
import { requireVerifiedTls } from './verifiedTls.ts';

export type TemporalConnection = {
  connectionOptions: ClientConnectConfig['connectionOptions'];
  namespace: string;
};

const UNVERIFIED_TLS = 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION';

/**
 * Where Temporal is and who we are, read as the `temporal` command reads it, in this order:
 *  1. environment: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_GRPC_META_*`
 *  2. the profile `TEMPORAL_PROFILE` (default `default`) of `TEMPORAL_CONFIG_FILE`, or of the default `temporal.toml`
 *  3. `localhost:7233` and the namespace `default`
 * Fails with `InvalidConfig`, also for TLS without host verification: the SDK reads that wish and then ignores it, so
 * that an operator would believe in something that does not happen.
 */
export function loadTemporalConnection(): TemporalConnection {
  requireVerifiedTls();
  if (process.env[UNVERIFIED_TLS]) {
    throw new SafepointError(
      'InvalidConfig',
      `${UNVERIFIED_TLS} is set, but the connection always verifies the host; unset it and give TEMPORAL_TLS_SERVER_CA_CERT_PATH`,
    );
  }
  const { connectionOptions, namespace } = readProfile();
  if (typeof connectionOptions.apiKey === 'string')
    rememberSecret('TEMPORAL_API_KEY', connectionOptions.apiKey);
  return { connectionOptions, namespace: namespace ?? 'default' };
}

function readProfile(): ClientConnectConfig {
  try {
    return loadClientConnectConfig();
  } catch (cause) {
    const [reason = ''] = messageOf(cause).split('\n'); // further lines quote the file
    throw new SafepointError(
      'InvalidConfig',
      `the connection to Temporal is not configured right: ${reason}`,
      { cause },
    );
  }
}
