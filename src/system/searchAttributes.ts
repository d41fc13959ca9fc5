import type { NativeConnection } from '@temporalio/worker';
import { SafepointError } from '../contract/errors.ts';
import { SEARCH_ATTRIBUTES } from '../contract/names.ts';

/**
 * Refuses to start a worker whose config promises search attributes that the namespace lacks: every run would hang on a
 * workflow task that the server rejects. Fails with `InvalidConfig`.
 */
export async function requireSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  const create = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  throw new SafepointError(
    'InvalidConfig',
    `temporal.searchAttributes is true, but namespace ${namespace} has no ${missing.join(', ')}; run \`temporal operator search-attribute create ${create}\` or set it to false`,
  );
}
