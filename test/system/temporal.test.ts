import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadTemporalConnection } from '../../src/system/temporal.ts';

let folder: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-temporal-'));
  environment = process.env;
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  process.env = { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: path.join(folder, 'temporal.toml') };
});
afterEach(() => {
  process.env = environment;
  rmSync(folder, { recursive: true });
});

function writeProfile(text: string): void {
  writeFileSync(path.join(folder, 'temporal.toml'), text);
}

describe('system/temporal: loadTemporalConnection', () => {
  it('takes the namespace `default` when none is given', () => {
    expect(loadTemporalConnection().namespace).toBe('default');
  });

  it('reads the profile that is asked for, and lets the environment win', () => {
    writeProfile('[profile.prod]\naddress = "temporal.example.com:7233"\nnamespace = "backups"\n');
    process.env.TEMPORAL_PROFILE = 'prod';
    process.env.TEMPORAL_NAMESPACE = 'others';

    const { connectionOptions, namespace } = loadTemporalConnection();

    expect(connectionOptions.address).toBe('temporal.example.com:7233');
    expect(namespace).toBe('others');
  });

  it('refuses TLS without host verification', () => {
    process.env.TEMPORAL_TLS_DISABLE_HOST_VERIFICATION = 'true';

    expect(() => loadTemporalConnection()).toThrow(/TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is set/);
  });

  it.each([
    ['a file that is no TOML', '[profile', 'default'],
    ['a profile that is not there', '[profile.prod]\naddress = "a:1"\n', 'nowhere'],
  ])('names %s as a problem of the configuration', (_kind, text, profile) => {
    writeProfile(text);
    process.env.TEMPORAL_PROFILE = profile;

    expect(() => loadTemporalConnection()).toThrow(
      expect.objectContaining({
        code: 'InvalidConfig',
        message: expect.stringContaining('connection to Temporal'),
      }),
    );
  });
});
