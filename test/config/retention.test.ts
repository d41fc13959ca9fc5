import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';

let file: string;
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'safepoint-retention-')), 'safepoint.yaml');
});
afterEach(() => {
  rmSync(path.dirname(file), { recursive: true });
});

function load(retention: unknown) {
  const url = 'http://127.0.0.1:9600';
  const prod = { zeebe: { url }, webapps: { url }, searchEngine: { url }, store: 'main', retention };
  writeFileSync(
    file,
    JSON.stringify({ stores: { main: { type: 'folder', path: '/backups' } }, clusters: { prod } }),
  );
  return loadConfig(file).clusters['prod']?.retention;
}

describe('config/retention', () => {
  it('is none by default, so that everything stays', () => {
    expect(load(undefined)).toBeUndefined();
  });

  it('has a careful default for all that is left out', () => {
    expect(load({ daily: 14 })).toMatchObject({
      daily: 14,
      keepLast: 0,
      timezone: 'UTC',
      failed: { keepLast: 3 },
      minComplete: 2,
      minAge: 3_600_000,
      maxShare: 0.5,
    });
  });

  it.each([{}, { keepLast: 0 }, { keepWithin: '0 s' }, { minComplete: 5, failed: { keepLast: 9 } }])(
    'refuses %j, which keeps nothing',
    (retention) => {
      expect(() => load(retention)).toThrow(
        /clusters\.prod\.retention .*at least one rule that keeps something: keepLast, keepWithin/,
      );
    },
  );

  it.each<[object, RegExp]>([
    [{ daily: -1 }, /retention\.daily /],
    [{ daily: 1, minComplete: 0 }, /retention\.minComplete /],
    [{ daily: 1, maxShare: 50 }, /retention\.maxShare /],
    [{ daily: 1, timezone: 'Mars/Olympus' }, /retention\.timezone .*time zone database/],
    [{ daily: 1, keepWithin: 'soon' }, /retention\.keepWithin .*time span/],
  ])('refuses %j', (retention, problem) => {
    expect(() => load(retention)).toThrow(problem);
  });
});
