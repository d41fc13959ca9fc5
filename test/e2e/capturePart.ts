import { MockActivityEnvironment } from '@temporalio/testing';
import { createCaptureActivities, type CaptureInput } from '../../src/activities/capture.ts';
import { SafepointError } from '../../src/contract/errors.ts';
import type { PartResult } from '../../src/contract/parts.ts';
import type { Dependencies } from '../../src/dependencies.ts';
import { noRuns } from '../support/noRuns.ts';

const RETRY_MS = 120_000;

/**
 * The activity `capturePart` outside any workflow, tried again as Temporal would: Operate cannot answer for a moment
 * around each of its own snapshots.
 */
export async function capturePart(dependencies: Dependencies, input: CaptureInput): Promise<PartResult> {
  const activities = createCaptureActivities(dependencies, noRuns);
  const deadlineMs = performance.now() + RETRY_MS;
  let heartbeatDetails: unknown;
  for (;;) {
    const environment = new MockActivityEnvironment({ heartbeatDetails });
    environment.on('heartbeat', (details: unknown) => {
      heartbeatDetails = details;
    });
    try {
      return await environment.run(() => activities.capturePart(input));
    } catch (error) {
      const passes = error instanceof SafepointError && error.code === 'EndpointUnreachable';
      if (!passes || performance.now() > deadlineMs) throw error;
    }
  }
}
