import { describe, expect, it } from '@jest/globals';
import { snapshotLabel } from '../../src/domain/snapshotLabel.ts';

describe('domain/snapshotLabel', () => {
  it.each([
    ['camunda_operate_1001_8.6.0_part_1_of_6', 'operate-1 of 6'],
    ['camunda_webapps_1001_8.8.0-alpha1_part_5_of_5', 'webapps-5 of 5'],
    ['camunda_zeebe_records_backup_1001', 'zeebe-records'],
    ['camunda_indices_backup_1001', 'indices'],
    ['nightly', 'nightly'],
  ])('calls %s %s', (name, label) => {
    expect(snapshotLabel(name)).toBe(label);
  });
});
