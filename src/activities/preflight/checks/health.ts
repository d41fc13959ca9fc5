import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

/** Every component says of itself that it is up. */
export async function checkHealth(context: CheckContext): Promise<Finding[]> {
  return await lookAt(context, 'components.health', async () => {
    const components = await context.camunda.readHealth(context.call);
    return components.map(({ component, url, up, seen }) =>
      judge({
        check: `${component.replaceAll(' ', '-')}.health`,
        severity: 'error',
        ok: up,
        seen: `${url} says ${seen}`,
        fix: `look into the log of ${component}; a backup of an unhealthy component cannot be trusted`,
      }),
    );
  });
}
