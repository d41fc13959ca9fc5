import type { CallOptions, CamundaClient, Running } from '../camunda/port.ts';
import { APPLICATIONS } from '../contract/parts.ts';

/** Applications that answer, or may. Empty: those of the config are proven to be stopped; brokers and gateway are none of them. */
export async function findRunningApplications(
  camunda: CamundaClient,
  options?: CallOptions,
): Promise<Running[]> {
  const running = await camunda.findRunning(options);
  return running.filter(({ component }) => isApplication(component));
}

export function isApplication(component: string): boolean {
  return (APPLICATIONS as readonly string[]).includes(component);
}
