import { describe, expect, it } from '@jest/globals';
import { isOwnName } from '../../src/domain/setKeys.ts';
import { lastProof, listTrials, parseTrialName, trialName, TRIAL_LEVELS } from '../../src/domain/setTrial.ts';

const at = '2026-11-25T19:00:00.123Z';

describe('the name of a restore or drill', () => {
  it.each(TRIAL_LEVELS)('tells all of it: a drill of level %s', (level) => {
    const trial = { kind: 'drill', at, level, ok: false } as const;

    const name = trialName(trial);

    expect(name).toBe(`drill.20261125T190000123Z.${level}.failed.json`);
    expect(parseTrialName(name)).toEqual(trial);
    expect(isOwnName(name)).toBe(true);
  });

  it.each([
    'drill.20261125T190000123Z.deep.ok.json',
    'restore.20261325T190000123Z.whole.ok.json',
    'restore.json',
    'check.20261125T190000123Z.ok.json',
  ])('%s is none', (name) => {
    expect(parseTrialName(name)).toBeNull();
  });

  it('the last proof is the newest that went well', () => {
    const names = [
      'drill.20261124T190000123Z.indices.ok.json',
      'manifest.json',
      'restore.20261125T190000123Z.whole.failed.json',
      'drill.20261123T190000123Z.whole.ok.json',
    ];

    const trials = listTrials(names);

    expect(trials.map((trial) => trial.at.slice(8, 10))).toEqual(['25', '24', '23']);
    expect(lastProof(trials)).toEqual({
      kind: 'drill',
      at: '2026-11-24T19:00:00.123Z',
      level: 'indices',
      ok: true,
    });
    expect(lastProof(trials.slice(0, 1))).toBeNull();
  });

  it('a later drill that only reads the set does not hide that it was restored', () => {
    const restored = 'drill.20261123T190000123Z.whole.ok.json';
    const read = 'drill.20261125T190000123Z.stored.ok.json';

    expect(lastProof(listTrials([read, restored]))?.level).toBe('whole');
    expect(lastProof(listTrials([read]))?.level).toBe('stored');
  });
});
