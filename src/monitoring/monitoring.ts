import type { Logger } from '@temporalio/common';
import type { ActivityDeps } from '../activities/deps.ts';
import { watchCatalog } from './catalogWatch.ts';
import { startHealthServer } from './healthServer.ts';
import { createReadiness, type Readiness } from './readiness.ts';

const READY_EVERY_MS = 15_000;

/** What others can see of a worker, as far as its config lets them. */
export interface Monitoring {
  /** The worker that `/readyz` tells of. */
  follow: Readiness['follow'];
  setEnded: ActivityDeps['setEnded'];
  /** Nobody is answered any more. */
  stop(): Promise<void>;
}

/** Without `metrics.listen` nothing is read for metrics, without `health.listen` nothing listens. Fails with `InvalidConfig`. */
export async function startMonitoring(
  deps: Omit<ActivityDeps, 'camunda'>,
  logger: Logger,
): Promise<Monitoring> {
  const { health, metrics: wanted } = deps.config;
  const readiness = createReadiness();
  const server = health && (await startHealthServer(health.listen, readiness.problem));
  const catalog = wanted && watchCatalog(deps, logger);
  const showReady = async () => {
    deps.metrics.set('safepoint_worker_ready', {}, (await readiness.problem()) === null ? 1 : 0);
  };
  const timer = wanted && setInterval(() => void showReady(), READY_EVERY_MS);
  if (wanted) await showReady();
  return {
    follow: readiness.follow,
    setEnded: catalog?.setEnded ?? deps.setEnded,
    async stop() {
      clearInterval(timer);
      catalog?.stop();
      await server?.close();
    },
  };
}
