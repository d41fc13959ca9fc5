import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** A context as a worker gives it to an activity, with heartbeats and cancellation; failures of activities are not logged. */
export function activityEnvironment(
  info?: ConstructorParameters<typeof MockActivityEnvironment>[0],
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

export function runActivity<T>(activity: () => Promise<T>, environment = activityEnvironment()): Promise<T> {
  return environment.run<[], T, () => Promise<T>>(activity);
}
