import type { Finding } from '../../../contract/preflight.ts';
import { isApplication } from '../../runningApplications.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

const COLD_FIX =
  'start the brokers and the gateway: their data lie on volumes that Safepoint cannot reach, so a cold backup has Zeebe back them up itself; ' +
  'where they must be stopped too, copy everything by hand (docs/cold-backup.md)';

/** Every component says of itself that it is up; those that a cold backup needs stopped are another check. */
export async function checkHealth(context: CheckContext): Promise<Finding[]> {
  return await lookAt(context, 'components.health', async () => {
    const components = await context.camunda.readHealth(context.call);
    const wanted = components.filter(({ component }) => !context.cold || !isApplication(component));
    return wanted.map(({ component, url, up, seen }) =>
      judge({
        check: `${component.replaceAll(' ', '-')}.health`,
        severity: 'error',
        ok: up,
        seen: `${url} says ${seen}`,
        fix: context.cold
          ? COLD_FIX
          : `look into the log of ${component}; a backup of an unhealthy component cannot be trusted`,
      }),
    );
  });
}
