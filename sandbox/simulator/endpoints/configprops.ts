import type { Component } from '../options.ts';
import type { World } from '../world/world.ts';
import { exporterNames } from './partitions.ts';

type Bean = { prefix: string; properties: unknown; inputs: Record<string, unknown> };

/**
 * `configprops` in the shape of Spring Boot, with the few beans that backups need. Delays of an exporter are seconds, here
 * with decimals. From 8.8 one process holds the beans of engine and applications.
 */
export function viewConfigProps(world: World, component: Component) {
  const beans: Record<string, Bean> = {};
  const isUnified = world.settings.profile !== '8.6';
  if (component === 'zeebe') {
    beans[
      'zeebe.broker-io.camunda.application.commons.configuration.BrokerBasedConfiguration$BrokerBasedProperties'
    ] = bean('zeebe.broker', brokerProperties(world));
  }
  if (component === 'operate' || (isUnified && component === 'zeebe')) {
    beans['camunda.operate-io.camunda.operate.property.OperateProperties'] = bean(
      'camunda.operate',
      appProperties(world, 'operate'),
    );
  }
  if (component === 'tasklist' || (isUnified && component === 'zeebe')) {
    beans['camunda.tasklist-io.camunda.tasklist.property.TasklistProperties'] = bean(
      'camunda.tasklist',
      appProperties(world, 'tasklist'),
    );
  }
  return { contexts: { application: { beans } } };
}

function bean(prefix: string, properties: unknown): Bean {
  return { prefix, properties, inputs: {} };
}

function brokerProperties(world: World) {
  const { faults, settings } = world;
  const store = faults.look('noBackupStore') ? 'NONE' : 'S3';
  const bulk = { delay: settings.flushDelayMs / 1000, size: 1000 };
  const exporters = exporterNames(world).map((id) => [id, { className: classNames[id], args: { bulk } }]);
  return {
    cluster: { partitionsCount: settings.partitions, clusterSize: settings.brokers },
    data: {
      backup: { store, s3: { bucketName: 'zeebe-backups', accessKey: '******', secretKey: '******' } },
    },
    exporters: Object.fromEntries(exporters) as Record<string, unknown>,
    experimental: { continuousBackups: faults.look('generatedIds') !== undefined },
  };
}

const classNames: Record<string, string> = {
  opensearch: 'io.camunda.zeebe.exporter.opensearch.OpensearchExporter',
  elasticsearch: 'io.camunda.zeebe.exporter.ElasticsearchExporter',
  camundaexporter: 'io.camunda.exporter.CamundaExporter',
};

function appProperties({ faults, settings }: World, app: 'operate' | 'tasklist') {
  const part = settings.profile === '8.6' ? app : 'webapps';
  const hasNone = faults.look('noRepositoryConfigured', (it) => it.part === part) !== undefined;
  return {
    backup: { repositoryName: hasNone ? '' : settings.repository },
    [settings.engine]: { indexPrefix: app, password: '******' },
  };
}
