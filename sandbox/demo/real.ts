import { deploy } from '../load/deploy.ts';
import { startLoad } from '../load/startLoad.ts';
import { startPlatform } from '../platform/platform.ts';
import type { PieceName } from '../stack/pieces.ts';
import { poll } from '../stack/poll.ts';
import { startCamundaCluster } from '../stack/stack.ts';
import type { Installation } from './installation.ts';
import type { Service, Services } from './services.ts';

export const pieces: PieceName[] = ['temporal', 's3', 'postgres', 'opensearch', 'camunda'];

/** A real Camunda 8.6.0 with OpenSearch, a deployed process and steady load on it. */
export async function startInstallation(
  dataDir: string,
  services: Promise<Services>,
  keep: (service: Service) => void,
): Promise<Installation> {
  const cluster = await startCamundaCluster({ dataDir, s3: services.then(({ s3 }) => s3) });
  keep(cluster);
  const { camunda, openSearch } = cluster;
  await deploy(camunda.broker.url);
  const platform = await startPlatform(camunda);
  keep(platform);
  const load = startLoad(camunda.broker.url, { instancesPerSecond: 8, completionsPerSecond: 4 });
  keep(load);
  // A cluster without any exported record has no such part; one that gets its first records meanwhile ends as `partial`.
  await poll('the first exported records', 60_000, async () => {
    const indices = await openSearch.listIndices(['zeebe-record_job_*']);
    return indices.length > 0 ? true : undefined;
  });
  return {
    urls: {
      zeebe: camunda.broker.managementUrl,
      restApi: camunda.broker.url,
      operate: camunda.operate.managementUrl,
      tasklist: camunda.tasklist.managementUrl,
      searchEngine: openSearch.url,
    },
    settings: { exporter: { flushDelay: '2 s' }, restore: { hooks: platform.hooks } },
    description: [
      `Camunda ${camunda.version}: broker ${camunda.broker.url}, Operate ${camunda.operate.url}, Tasklist ${camunda.tasklist.url}`,
      `OpenSearch ${openSearch.url}; 8 process instances and 4 completed jobs a second`,
    ],
    patient: { camunda, openSearch, endLoad: () => load.stop() },
  };
}
