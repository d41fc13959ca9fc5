import { describe, expect, it } from '@jest/globals';
import { CUT_PARTS } from '../../src/contract/parts.ts';
import { PROCEDURE_NAMES } from '../../src/contract/backup.ts';
import { planWaves, procedures } from '../../src/domain/procedures.ts';

describe('domain/procedures: planWaves', () => {
  it('keeps the order of the page for an 8.6 cluster and drops what it does not have', () => {
    const waves = planWaves('sequential', ['zeebe', 'operate', 'tasklist', 'zeebe-records']);

    expect(waves).toEqual([['zeebe'], ['operate', 'tasklist'], ['zeebe-records']]);
  });

  it('takes Zeebe last when history goes first', () => {
    const waves = planWaves('history-first', ['zeebe', 'webapps', 'optimize', 'zeebe-records']);

    expect(waves).toEqual([['webapps', 'optimize', 'zeebe-records'], ['zeebe']]);
  });

  it.each(PROCEDURE_NAMES)('%s takes every part exactly once', (name) => {
    const taken = planWaves(name, CUT_PARTS).flat();

    expect([...taken].sort()).toEqual(CUT_PARTS.filter((part) => part !== 'indices').sort());
  });

  it('cold takes the indices of all applications as one part, beside Zeebe', () => {
    const waves = planWaves('cold', CUT_PARTS);

    expect(waves).toEqual([['zeebe', 'indices']]);
  });

  it('soft pauses only where Zeebe is the last wave by itself', () => {
    const soft = Object.values(procedures).filter((procedure) => procedure.pause === 'soft');

    expect(soft.map((procedure) => procedure.waves.at(-1))).toEqual([['zeebe']]);
  });
});
