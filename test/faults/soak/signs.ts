import type { Simulator } from '../../../sandbox/simulator/startSimulator.ts';

/** How far a run is, as the simulated cluster sees it. */
export const SIGNS = ['preflight', 'pause', 'zeebe', 'index part', 'records', 'resume', 'seal'] as const;
export type Sign = (typeof SIGNS)[number];

/** Whether the sign was there already. */
export function hasShown(sign: Sign, simulator: Simulator): boolean {
  const { requests } = simulator;
  switch (sign) {
    case 'preflight':
      return requests.length > 0;
    case 'pause':
      return requests.some(isPause);
    case 'zeebe':
      return simulator.triggerCount('zeebe') > 0;
    case 'index part':
      return (['webapps', 'operate', 'tasklist', 'optimize'] as const).some(
        (part) => part in simulator.urls && simulator.triggerCount(part) > 0,
      );
    case 'records':
      return requests.some(({ component, method }) => component === 'searchEngine' && method === 'PUT');
    case 'resume':
      return requests.some(isResume);
    case 'seal': {
      const resumed = requests.findIndex(isResume);
      return resumed !== -1 && requests.slice(resumed).some(({ component }) => component === 'searchEngine');
    }
  }
}

type Request = Simulator['requests'][number];
const isPause = ({ method, path }: Request) => method === 'POST' && path.includes('/exporting/pause');
const isResume = ({ method, path }: Request) => method === 'POST' && path.includes('/exporting/resume');
