import { describe, expect, it } from '@jest/globals';
import { checkAcrossFields } from '../../src/config/checks.ts';
import { StoreConfig } from '../../src/config/schema.ts';

describe('config/stores: what is taken', () => {
  it('takes a lock of ten years', () => {
    const objectLock = { mode: 'COMPLIANCE', retain: '10 years' };

    const store = StoreConfig.parse({ type: 's3', bucket: 'b', objectLock });

    expect(store).toMatchObject({ objectLock: { mode: 'COMPLIANCE', retain: 315_576_000_000 } });
  });

  it.each([
    [
      'a class that cannot be read back at once',
      { type: 's3', bucket: 'b', storageClass: 'GLACIER' },
      'a class that can be read at once',
    ],
    [
      'a lock of no length',
      { type: 'gcs', bucket: 'b', objectLock: { mode: 'GOVERNANCE', retain: '5 s' } },
      'at least 1 m',
    ],
    [
      'a proxy with a password in plain',
      { type: 's3', bucket: 'b', proxy: 'http://user:hunter2@proxy' },
      'a URL without user and password',
    ],
  ])('refuses %s', (_, store, message) => {
    const { error } = StoreConfig.safeParse(store);

    expect(error?.message).toContain(message);
    expect(error?.message).not.toContain('hunter2');
  });

  it('refuses two ways to show who we are', () => {
    const secret = { env: 'PATH' };
    const main = { type: 'azure', account: 'a', container: 'c', accountKey: secret, sasToken: secret };

    const problems = checkAcrossFields({ stores: { main }, clusters: {} });

    expect(problems).toContainEqual({
      path: ['stores', 'main', 'sasToken'],
      allowed: 'one of accountKey, sasToken and connectionString, or none for the identity of the worker',
    });
  });
});
