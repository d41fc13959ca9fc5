import { afterEach, describe, expect, it } from '@jest/globals';
import { startScriptedCluster, type Generation, type ScriptedCluster } from './support/cluster.ts';

let cluster: ScriptedCluster;
afterEach(() => cluster.close());

async function start(generation: Generation): Promise<void> {
  cluster = await startScriptedCluster(generation);
}

function beans(...list: { prefix: string; properties: unknown }[]) {
  const named = Object.fromEntries(
    list.map((bean) => [`${bean.prefix}-com.example.Bean`, { ...bean, inputs: {} }]),
  );
  return { json: { contexts: { application: { beans: named } } } };
}

describe('camunda/settings: readSettings', () => {
  it('reads the settings of 8.6', async () => {
    await start('8.6');
    const exporters = {
      opensearch: {
        className: 'io.camunda.Exporter',
        args: { bulk: { delay: '15', size: 1000 }, index: { prefix: 'zeebe-record' } },
      },
      elasticsearch: { args: { bulk: { delay: 5 } } },
    };
    const backup = { store: 'S3', s3: { bucketName: 'b', secretKey: '******' } };
    cluster.on(
      'GET /zeebe/actuator/configprops',
      beans({ prefix: 'zeebe.broker', properties: { exporters, data: { backup } } }),
    );
    cluster.on(
      'GET /operate/actuator/configprops',
      beans({
        prefix: 'camunda.operate',
        properties: {
          backup: { repositoryName: 'camunda' },
          opensearch: { indexPrefix: 'op', url: 'x' },
          elasticsearch: {},
        },
      }),
    );
    cluster.on(
      'GET /tasklist/actuator/configprops',
      beans({
        prefix: 'camunda.tasklist',
        properties: { backup: { repositoryName: '******' }, elasticsearch: { indexPrefix: 'tl' } },
      }),
    );

    const settings = await cluster.client.readSettings();

    const nothing = {
      repository: null,
      indexPrefix: null,
      backupStore: null,
      flushDelayMs: null,
      continuousBackups: null,
    };
    expect(settings).toEqual([
      { ...nothing, component: 'zeebe', backupStore: 'S3', flushDelayMs: 15_000 },
      { ...nothing, component: 'operate', repository: 'camunda', indexPrefix: 'op' },
      { ...nothing, component: 'tasklist', indexPrefix: 'tl' },
      { ...nothing, component: 'optimize' },
    ]);
  });

  it('reads the settings of 8.9', async () => {
    await start('8.8');
    const data = {
      'primary-storage': { backup: { store: 'GCS', continuous: true } },
      'secondary-storage': {
        elasticsearch: { 'index-prefix': 'acme', backup: { 'repository-name': 'camunda' } },
      },
    };
    cluster.on('GET /webapps/actuator/configprops', beans({ prefix: 'camunda.data', properties: data }));

    const settings = await cluster.client.readSettings();

    expect(settings.find(({ component }) => component === 'webapps')).toEqual({
      component: 'webapps',
      repository: 'camunda',
      indexPrefix: 'acme',
      backupStore: 'GCS',
      flushDelayMs: null,
      continuousBackups: true,
    });
  });
});
