import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import { deepText, mutated, trickyText } from './arbitraries.ts';
import {
  asText,
  billionLaughs,
  damaged,
  exposed,
  MARKER,
  VALID_TEXT,
  yamlSoup,
} from './support/configTexts.ts';
import { SECRET_NAME, validConfig } from './support/validConfig.ts';

const LONGEST_MS = 2_000;
const SECRET = 'hunter2-of-a-variable';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-fuzz-config-'));
  process.env[SECRET_NAME] = SECRET;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The config or the message that refuses it; fails for any other error, for one that is late, and for a secret in it. */
function load(text: string): { config?: Config; message?: string } {
  const file = path.join(folder, 'safepoint.yaml');
  writeFileSync(file, text);
  const startedAt = performance.now();
  try {
    const config = loadConfig(file);
    expect(JSON.stringify(config)).not.toContain(SECRET);
    return { config };
  } catch (error) {
    if (!(error instanceof SafepointError)) throw error;
    expect(error.code).toBe('InvalidConfig');
    expect(error.message).not.toContain(SECRET);
    return { message: error.message };
  } finally {
    expect(performance.now() - startedAt).toBeLessThan(LONGEST_MS);
  }
}

describe('fuzz: config files', () => {
  it('the config that is changed here is valid', () => {
    expect(load(VALID_TEXT).message).toBeUndefined();
  });

  it('any text is a config or is refused', () => {
    const text = fc.oneof(
      { weight: 10, arbitrary: yamlSoup },
      { weight: 10, arbitrary: damaged(VALID_TEXT) },
      { weight: 3, arbitrary: fc.oneof(trickyText, fc.json()) },
      { weight: 1, arbitrary: fc.oneof(deepText, billionLaughs) },
    );
    fc.assert(
      fc.property(text, (written) => void load(written)),
      { numRuns: 500 },
    );
  });

  it('a valid config with any changes is a config or is refused', () => {
    fc.assert(
      fc.property(asText(mutated(validConfig, 5)), (written) => void load(written)),
      { numRuns: 400 },
    );
  });

  it('a secret in plain is refused and never shown', () => {
    const text = exposed.chain((config) => fc.oneof(asText(fc.constant(config)), asText(mutated(config, 2))));
    fc.assert(
      fc.property(text, (written) => {
        const { config, message = '' } = load(written);

        expect(message).not.toContain(MARKER);
        expect(JSON.stringify(config ?? {})).not.toContain(MARKER);
      }),
      { numRuns: 400 },
    );
  });

  it('what is not YAML is not quoted', () => {
    const before = fc.constantFrom('', '"\\U', '"\\x', '*', '!', '!<', '&', '|', '@', '\n%', '? ');
    const text = fc
      .tuple(exposed, before)
      .chain(([config, start]) => damaged(stringify(config).replace(MARKER, start + MARKER)));
    fc.assert(
      fc.property(text, (written) => {
        const { message = '' } = load(written);

        // Damage can put the secret where a name belongs; then only the words of the parser are looked at.
        if (message.includes('is not YAML')) expect(message).not.toContain(MARKER.slice(0, 6));
      }),
      { numRuns: 400 },
    );
  });
});
