import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkName, lastCheckName, parseCheckName } from '../../src/domain/setCheck.ts';
import { isOwnName } from '../../src/domain/setKeys.ts';
import { formatLabel, parseLabel, type SetLabel } from '../../src/domain/setLabel.ts';

const label: SetLabel = {
  verdict: 'complete',
  procedure: 'history-first',
  startedMs: 1_795_399_832_000,
  completedMs: 1_795_399_841_000,
  windowMs: 8123,
  manifestBytes: 20_480,
  artifacts: 2,
  artifactBytes: 1_048_576,
  manifestSha256: 'ab'.repeat(32),
};

describe('domain/setLabel', () => {
  it('stands for the facts that it was made of', () => {
    expect(formatLabel(label)).toBe(
      `label.complete.history-first.1795399832000.1795399841000.8123.20480.2.1048576.${'ab'.repeat(32)}`,
    );
    expect(parseLabel(formatLabel(label))).toEqual(label);
  });

  it.each([
    'label',
    'label.complete',
    formatLabel(label).replace('complete', 'failed'),
    `${formatLabel(label)}.json`,
    formatLabel(label).replace('1795399841000', '999999999999999'),
    formatLabel(label).replace('8123', '-1'),
  ])('%s is none', (name) => {
    expect(parseLabel(name)).toBeNull();
  });

  it('takes any name without a word, and gives times that can be shown', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^label\.(complete|partial)\.[a-z-]+(\.\d{1,17}){6}\.[a-f]{64}$/),
        (name) => {
          const parsed = parseLabel(name);
          if (parsed === null) return;
          expect(new Date(parsed.startedMs).toISOString()).toMatch(/^\d{4}-/);
          expect(parseLabel(formatLabel(parsed))).toEqual(parsed);
        },
      ),
    );
  });
});

describe('domain/setCheck', () => {
  it('stands for time and outcome', () => {
    const name = checkName({ at: '2026-11-25T19:00:01.234Z', ok: false });

    expect(name).toBe('check.20261125T190001234Z.failed.json');
    expect(parseCheckName(name)).toEqual({ at: '2026-11-25T19:00:01.234Z', ok: false });
  });

  it('the last one counts, and of one moment the failed one', () => {
    expect(
      lastCheckName([
        'manifest.json',
        'check.20261125T190001000Z.ok.json',
        'check.20261125T190001000Z.failed.json',
        'check.20261124T190001000Z.ok.json',
      ]),
    ).toBe('check.20261125T190001000Z.failed.json');
    expect(lastCheckName(['manifest.json', 'check.20269925T190001000Z.ok.json'])).toBeNull();
  });
});

describe('domain/setKeys: isOwnName', () => {
  it.each([
    'manifest.json',
    'web-modeler.sql.zst',
    'web-modeler.sql.zst.age',
    'hold.json',
    formatLabel(label),
    'check.20261125T190001000Z.ok.json',
  ])('%s is ours', (name) => {
    expect(isOwnName(name)).toBe(true);
  });

  it.each(['notes.txt', 'manifest.json.bak', 'sub/manifest.json', 'My Dump.sql.zst', 'label.txt'])(
    '%s is not',
    (name) => {
      expect(isOwnName(name)).toBe(false);
    },
  );
});
