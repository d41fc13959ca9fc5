import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { createPlanActivities } from '../../src/activities/plan.ts';
import { Config } from '../../src/config/schema.ts';
import { BackupInput, type BackupPlan, type WindowInput } from '../../src/contract/backup.ts';
import { errorCatalogue, type SafepointError } from '../../src/contract/errors.ts';
import { TASK_QUEUE, WINDOW_WORKFLOW } from '../../src/contract/names.ts';
import { checkInputShape } from '../../src/workflows/inputShape.ts';
import { failureOf, startLab, startServer, type Lab, type Server } from '../workflows/lab.ts';
import { mutated, trickyText, trickyValue } from './arbitraries.ts';
import { validConfig } from './support/validConfig.ts';

/** Far more than a workflow needs that refuses its input. */
const CLOSED_WITHIN_MS = 4_000;

/** Names that every object of JavaScript has. */
const INHERITED = ['constructor', 'toString', '__proto__'];

const input = { cluster: 'prod', mode: 'hot', procedure: 'sequential', backupId: '1764000000' };

const anyInput = fc.oneof(
  trickyValue,
  mutated(input),
  fc.record({ cluster: fc.oneof(trickyText, trickyValue), procedure: trickyValue, backupId: trickyText }),
  fc.record({ cluster: fc.constantFrom('prod', 'Prod', '__proto__ ', 'nowhere') }),
);

const activities = createPlanActivities({ config: Config.parse(validConfig) } as never);

describe('fuzz: input of a backup, without Temporal', () => {
  it('checkInputShape accepts what has the fields of an input, or refuses as InvalidInput', () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const refusal = attempt(() => {
          checkInputShape(given);
        });

        if (refusal === null) return;
        expect(refusal).toBeInstanceOf(ApplicationFailure);
        expect((refusal as ApplicationFailure).type).toBe('InvalidInput');
        expect(BackupInput.safeParse(given).success).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('planBackup plans a cluster of the config, or refuses as InvalidInput', async () => {
    await fc.assert(
      fc.asyncProperty(anyInput, async (given) => {
        const plan = await Promise.resolve()
          .then(() => activities.planBackup(given as BackupInput))
          .catch((error: unknown) => error as SafepointError);

        if (plan instanceof Error) expect(plan).toMatchObject({ code: 'InvalidInput' });
        else expect(plan.cluster).toBe('prod');
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(INHERITED)('planBackup knows no cluster %s', async (cluster) => {
    await expect(
      Promise.resolve({ cluster }).then((given) => activities.planBackup(given)),
    ).rejects.toMatchObject({
      code: 'InvalidInput',
    });
  });
});

function attempt(step: () => void): unknown {
  try {
    step();
    return null;
  } catch (error) {
    return error;
  }
}

describe('fuzz: input of a real workflow', () => {
  let server: Server;
  let lab: Lab;
  beforeAll(async () => {
    server = await startServer();
    lab = await startLab(server, { simulator: { profile: '8.8' } });
  }, 120_000);
  afterAll(async () => {
    await lab.stop();
    await server.stop();
  });

  /** It fails with a code of the catalogue, soon and without a failed workflow task, and nothing was touched. */
  async function checkRefused(handle: WorkflowHandle): Promise<void> {
    const late = sleep(CLOSED_WITHIN_MS, null, { ref: false });
    const failure = await Promise.race([failureOf(handle), late]);
    const events = await lab.events(handle.workflowId);
    if (failure === null) await handle.terminate();

    expect(failure).not.toBeNull();
    expect(Object.keys(errorCatalogue)).toContain(failure?.type);
    expect(events).not.toContain('workflowTaskFailedEventAttributes');
    expect(lab.simulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  }

  it('a backup with any input is closed, and no cluster is touched', async () => {
    const refused = anyInput.filter((given) => {
      const parsed = BackupInput.safeParse(given);
      return !(parsed.success && parsed.data.cluster === 'demo');
    });
    await fc.assert(
      fc.asyncProperty(refused, async (given) => {
        await checkRefused(await lab.start(given));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);

  it('a window that is started by hand with any input is closed, and no cluster is touched', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(trickyValue, mutated(window)), async (given) => {
        const workflowId = `window-by-hand-${++count}`;
        await checkRefused(
          await server.client.workflow.start(WINDOW_WORKFLOW, {
            taskQueue: TASK_QUEUE,
            workflowId,
            args: [given],
          }),
        );
      }),
      { numRuns: 30, endOnFailure: true },
    );
  }, 60_000);

  it('a backup of a cluster with a long name is refused', async () => {
    await checkRefused(await lab.start({ cluster: 'x'.repeat(1_500_000) }));
  });

  it.each([
    ['a long text', 'x'.repeat(1_500_000)],
    ['control characters', '\0'.repeat(300_000)],
    ['many unknown fields', Object.fromEntries(Array.from({ length: 150_000 }, (_, at) => [at, 1]))],
  ])('a backup with %s as its input is refused', async (_, given) => {
    await checkRefused(await lab.start(given));
  });
});

const plan: BackupPlan = {
  cluster: 'nowhere',
  requestedBackupId: null,
  procedure: 'sequential',
  pause: 'hard',
  databases: [],
  store: 'local',
  flushDelayMs: 100,
  budgets: {
    preflightMs: 1_000,
    partMs: 1_000,
    windowMs: 1_000,
    dumpMs: 1_000,
    sealMs: 1_000,
    stallMs: 1_000,
    resumeMs: 1_000,
  },
  attempts: 1,
  searchAttributes: false,
};
const window: WindowInput = { plan, set: { backupId: '1764000000', waves: [['zeebe'], ['webapps']] } };
