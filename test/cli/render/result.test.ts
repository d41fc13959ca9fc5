import { describe, expect, it } from '@jest/globals';
import { renderInterrupted, renderResult } from '../../../src/cli/render/result.ts';
import type { BackupResult } from '../../../src/contract/backup.ts';

const run = { workflowId: 'backup-prod-x', runId: 'r' };
const result: BackupResult = {
  cluster: 'prod',
  backupId: '42',
  verdict: 'partial',
  procedure: 'history-first',
  parts: [
    { part: 'zeebe', state: 'COMPLETED', tookMs: 61_000 },
    { part: 'web-modeler', state: 'stored', tookMs: 4_200, sizeBytes: 1_500_000 },
  ],
  windowMs: 62_000,
  cut: 'not-proven',
  reasons: ['cut not proven: partition 1 has no checkpoint position'],
  manifest: { store: 'main', key: 'prod/42/manifest.json', sha256: 'ab' },
};

describe('cli/render/result: renderResult', () => {
  it('puts the verdict and its reasons first, then parts and facts', () => {
    const text = renderResult(result, run, 'backups');

    expect(text.split('\n')).toEqual([
      'partial: backup 42 of prod',
      '  cut not proven: partition 1 has no checkpoint position',
      '',
      'part         state      took   size',
      'zeebe        COMPLETED  1m 1s',
      'web-modeler  stored     4.2s   1.5 MB',
      '',
      'procedure         history-first',
      'exporting paused  1m 2s',
      'cut               not-proven',
      'manifest          prod/42/manifest.json in store main',
      'sha256            ab',
      'run               backup-prod-x',
      '',
      'Look at the run:  temporal workflow show -w backup-prod-x -n backups',
      'Look at the set:  safepoint show 42 --cluster prod',
      '',
    ]);
  });
});

describe('cli/render/result: renderInterrupted', () => {
  it('leaves the default namespace out', () => {
    const text = renderInterrupted(run, 'default');

    expect(text).toMatch(/^Cancel it: {3}temporal workflow cancel -w backup-prod-x$/m);
  });
});
