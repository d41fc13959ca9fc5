import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
} from '@temporalio/worker';
import { workflowSource } from '../../src/workflowSource.ts';

const folder = path.join(import.meta.dirname, '..', 'histories');
const recorded = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);

let workflowBundle: { code: string };

beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
  workflowBundle = await bundleWorkflowCode({ ...workflowSource(), logger: new DefaultLogger('ERROR') });
}, 60_000);

function readHistory(file: string): { events: Record<string, unknown>[] } {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { events: Record<string, unknown>[] };
}

/** Ids of children may begin with it. */
function workflowIdIn({ events: [started] }: ReturnType<typeof readHistory>): string {
  return (started?.workflowExecutionStartedEventAttributes as { workflowId: string }).workflowId;
}

describe('workflows: replay of recorded histories', () => {
  it('has histories of every workflow', () => {
    expect(new Set(recorded.map((file) => path.dirname(file)))).toEqual(
      new Set([
        ...['backup', 'backupWindow', 'deleteSet', 'replicate', 'retain', 'sentinel', 'verify'],
        ...['restore', 'restoreWindow', 'drill', 'drillWindow'],
      ]),
    );
  });

  it.each(recorded)('%s replays with the code of today', async (file) => {
    const history = readHistory(file);
    const replayed = Worker.runReplayHistory({ workflowBundle }, history, workflowIdIn(history));

    await expect(replayed).resolves.toBeUndefined();
  });

  it('would notice another order of steps', async () => {
    const history = readHistory(
      recorded.find((file) => file.startsWith(path.join('backup', 'complete'))) ?? '',
    );
    const scheduled = history.events.find((event) => 'activityTaskScheduledEventAttributes' in event);
    const attributes = scheduled?.['activityTaskScheduledEventAttributes'] as {
      activityType: { name: string };
    };
    attributes.activityType.name = 'anotherActivity';

    const replayed = Worker.runReplayHistory({ workflowBundle }, history, 'changed');

    await expect(replayed).rejects.toThrow(/[Nn]ondeterminism/);
  });
});

describe('workflows: bundle', () => {
  it('holds no schema library, no HTTP client and no activity', () => {
    for (const foreign of [
      'node_modules/zod',
      'node_modules/undici',
      'node_modules/execa',
      'src/activities',
      'src/camunda',
    ]) {
      expect(workflowBundle.code).not.toContain(foreign);
    }
  });
});
