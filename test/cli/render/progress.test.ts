import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../../../src/cli/progress.ts';
import { renderChanges, renderProgress } from '../../../src/cli/render/progress.ts';
import type { RunView } from '../../../src/cli/runView.ts';

const NOW_MS = Date.parse('2026-11-22T02:01:20Z');

const view: RunView = {
  status: {
    cluster: 'prod',
    procedure: 'sequential',
    backupId: '1795397739',
    stage: 'window',
    window: { workflowId: 'safepoint/prod', runId: 'r' },
    lines: [
      { name: 'preflight', state: 'complete', since: '2026-11-22T02:00:02Z', tookMs: 1_234 },
      { name: 'window', state: 'running', since: '2026-11-22T02:00:03Z' },
      {
        name: 'web-modeler',
        state: 'complete',
        since: '2026-11-22T02:00:07Z',
        tookMs: 4_000,
        sizeBytes: 123_456_789,
      },
      {
        name: 'keycloak',
        state: 'failed',
        since: '2026-11-22T02:00:05Z',
        tookMs: 2_000,
        problem: 'no such host',
      },
    ],
  },
  window: {
    cluster: 'prod',
    backupId: '1795397739',
    exporting: 'paused',
    lines: [
      { name: 'pause', state: 'complete', since: '2026-11-22T02:00:04Z', tookMs: 90 },
      { name: 'zeebe', state: 'running', since: '2026-11-22T02:00:04Z' },
      { name: 'webapps', state: 'waiting' },
    ],
  },
  notes: [
    { text: 'zeebe: 1 of 2 partitions complete, 41 s', problem: false },
    { text: 'broker 2 does not answer', problem: true },
  ],
};

describe('cli/render/progress: renderProgress', () => {
  it('draws the lines of the window inside of the run, with time, size, progress and problem', () => {
    const text = renderProgress(view, NOW_MS);

    expect(text.split('\n')).toEqual([
      'backup prod #1795397739 (sequential): window, exporting paused',
      '',
      '   part         state     since     took    size    progress, or what is wrong',
      '✔  preflight    complete  02:00:02  1.2s',
      '●  window       running   02:00:03  1m 17s',
      '✔    pause      complete  02:00:04  90ms',
      '●    zeebe      running   02:00:04  1m 16s          1 of 2 partitions complete, 41 s',
      '○    webapps    waiting',
      '✔  web-modeler  complete  02:00:07  4s      123 MB',
      '✖  keycloak     failed    02:00:05  2s              no such host',
      '  broker 2 does not answer',
    ]);
  });

  it('says which sets of the run were given up', () => {
    const failedSets = [{ backupId: '1795397700', code: 'PartFailed', message: 'no space' }];

    const text = renderProgress({ ...view, status: { ...view.status, failedSets } }, NOW_MS);

    expect(text.split('\n')[0]).toBe(
      'backup prod #1795397739 (sequential): window, exporting paused, after #1795397700 failed (PartFailed)',
    );
  });

  it('has something to show before the plan is made', () => {
    const status = {
      ...view.status,
      procedure: null,
      backupId: null,
      stage: 'plan' as const,
      window: null,
      lines: [],
    };

    const text = renderProgress({ status, window: null, notes: [] }, NOW_MS);

    expect(text).toMatch(/^backup prod \(planning\): plan\n/);
  });
});

describe('cli/render/progress: renderChanges', () => {
  it('gives one line a change of state, in the order of time', () => {
    const lines = renderChanges(view, new Map());

    expect(lines).toEqual([
      '2026-11-22T02:00:02Z preflight complete: 1.2s, set 1795397739',
      '2026-11-22T02:00:03Z window running',
      '2026-11-22T02:00:04Z pause complete: 90ms',
      '2026-11-22T02:00:04Z zeebe running: 1 of 2 partitions complete, 41 s',
      '2026-11-22T02:00:05Z keycloak failed: 2s, no such host',
      '2026-11-22T02:00:07Z web-modeler complete: 4s, 123 MB',
    ]);
  });

  it('says nothing twice', () => {
    const shown = new Map<string, string>();
    renderChanges(view, shown);

    const again = renderChanges({ ...view, notes: [{ text: 'zeebe: 2 of 2', problem: false }] }, shown);

    expect(again).toEqual([]);
  });

  it('tells of the next set what it told of one that was given up', () => {
    const shown = new Map<string, string>();
    renderChanges(view, shown);

    const ofNext = renderChanges({ ...view, status: { ...view.status, backupId: '1795397800' } }, shown);

    expect(ofNext).toContain('2026-11-22T02:00:02Z preflight complete: 1.2s, set 1795397800');
    expect(ofNext).toContain('2026-11-22T02:00:04Z pause complete: 90ms');
  });
});

describe('cli/progress: createProgress where there is no terminal', () => {
  it('says what is at work when a minute went by without a change, and only then', () => {
    let nowMs = NOW_MS;
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const progress = createProgress(stream, () => nowMs);
    progress.show(view);
    written.length = 0;

    for (const laterMs of [59_000, 60_000, 61_000, 120_000]) {
      nowMs = NOW_MS + laterMs;
      progress.show(view);
    }

    expect(written).toEqual([
      '2026-11-22T02:02:20.000Z zeebe running for 2m 16s: 1 of 2 partitions complete, 41 s\n',
      '2026-11-22T02:03:20.000Z zeebe running for 3m 16s: 1 of 2 partitions complete, 41 s\n',
    ]);
  });
});
