import { stringify } from 'yaml';

/** What the settings of the Camunda processes depend on. */
export type CamundaSettings = {
  openSearch: { url: string; clusterName: string; repository: string };
  s3: { endpoint: string; region: string; bucket: string; accessKeyId: string; secretAccessKey: string };
  /** Absolute folder of the broker's data. */
  brokerDataDir: string;
  partitions: number;
  exporterFlushDelaySeconds: number;
  ports: { gateway: number; command: number; internal: number; rest: number };
};

/** One `application.yaml` for broker, Operate, Tasklist and the restore tool of 8.6. Holds the S3 secret: keep it at mode 600. */
export function camundaConfig(settings: CamundaSettings): string {
  const { url, clusterName } = settings.openSearch;
  const loopback = '127.0.0.1';
  return stringify({
    server: { address: loopback },
    management: { server: { address: loopback } },
    camunda: {
      database: { type: 'opensearch', url, clusterName },
      operate: webApp(settings),
      tasklist: webApp(settings),
    },
    zeebe: {
      broker: {
        gateway: { enable: true, network: { host: loopback, port: settings.ports.gateway } },
        network: {
          host: loopback,
          commandApi: { port: settings.ports.command },
          internalApi: { port: settings.ports.internal },
        },
        cluster: { clusterSize: 1, replicationFactor: 1, partitionsCount: settings.partitions },
        threads: { cpuThreadCount: 1, ioThreadCount: 1 },
        data: {
          directory: settings.brokerDataDir,
          logSegmentSize: '16MB',
          disk: { freeSpace: { processing: '100MB', replication: '50MB' } },
          backup: { store: 'S3', s3: s3Store(settings.s3) },
        },
        exporters: { opensearch: exporter(url, settings.exporterFlushDelaySeconds) },
      },
    },
  });
}

function webApp({ openSearch, ports }: CamundaSettings) {
  const search = { url: openSearch.url, clusterName: openSearch.clusterName, numberOfReplicas: 0 };
  return {
    database: 'opensearch',
    opensearch: search,
    zeebeOpensearch: search,
    zeebe: { gatewayAddress: `127.0.0.1:${ports.gateway}`, restAddress: `http://127.0.0.1:${ports.rest}` },
    backup: { repositoryName: openSearch.repository },
    // The archiver asks for index-state-management, a plugin that a bare OpenSearch lacks; Tasklist would not start.
    archiverEnabled: false,
  };
}

function s3Store(s3: CamundaSettings['s3']) {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3;
  return {
    bucketName: s3.bucket,
    endpoint,
    region,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    forcePathStyleAccess: true,
  };
}

function exporter(url: string, delay: number) {
  return {
    className: 'io.camunda.zeebe.exporter.opensearch.OpensearchExporter',
    args: { url, bulk: { delay, size: 1000 }, index: { numberOfReplicas: 0, numberOfShards: 1 } },
  };
}
