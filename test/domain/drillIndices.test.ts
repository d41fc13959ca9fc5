import { describe, expect, it } from '@jest/globals';
import {
  drillPrefix,
  isBelowDrillPrefix,
  isDrillCopy,
  isDrillPrefix,
} from '../../src/domain/drillIndices.ts';

const RUN = '1f0c9a52-7a40-4f6e-9a0e-0d7f4b6c2e11';
const prefix = drillPrefix('prod', RUN);

describe('domain/drillIndices', () => {
  it('names copies after cluster and run', () => {
    expect(prefix).toBe('safepoint-drill-prod-1f0c9a52-');
    expect(isDrillPrefix('prod', prefix)).toBe(true);
  });

  it.each([
    ['a copy', 'prod', `${prefix}operate-a_`, 'operate-a_', true],
    [
      'a copy of a cluster whose name begins alike',
      'prod',
      'safepoint-drill-prod-eu-1f0c9a52-operate-a_',
      'operate-a_',
      false,
    ],
    [
      'a copy of a cluster that is called like a run',
      'prod',
      'safepoint-drill-prod-deadbeef-1f0c9a52-operate-a_',
      'operate-a_',
      false,
    ],
    ['a restore of somebody below the prefix', 'prod', `${prefix}mine-operate-a_`, 'operate-a_', false],
    ['one that was made under the name', 'prod', `${prefix}operate-a_`, `${prefix}operate-a_`, false],
    ['an index of Camunda', 'prod', 'operate-a_', 'operate-a_', false],
  ])('tells whether %s is a copy', (_, cluster, name, original, isCopy) => {
    expect(isDrillCopy(cluster, { name, original })).toBe(isCopy);
  });

  it.each(['safepoint-drill-prod-', 'safepoint-drill-', 'operate-', `${prefix}operate-`, ''])(
    'takes no "%s" for a prefix',
    (text) => {
      expect(isDrillPrefix('prod', text)).toBe(false);
    },
  );

  it('tells what lies below the prefix of a cluster', () => {
    expect(isBelowDrillPrefix('prod', `${prefix}whatever`)).toBe(true);
    expect(isBelowDrillPrefix('prod', 'safepoint-drill-prod-eu-1f0c9a52-operate-a_')).toBe(false);
  });
});
