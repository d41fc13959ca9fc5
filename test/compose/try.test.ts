import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { fetchPythonPrograms } from '../../sandbox/stack/downloads/python.ts';
import { freePort } from '../../sandbox/stack/ports.ts';
import { runSql, startPostgres } from '../../sandbox/stack/postgres.ts';
import { startProcess, waitUntilReady } from '../../sandbox/stack/process.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ClusterConfig, S3StoreConfig } from '../../src/config/schema.ts';
import { buildKept, type Keeper } from '../support/keeper.ts';
import { compose, inContainer, root, serviceOf } from './composeFile.ts';

const configFile = path.join(root, 'ops', 'compose', 'try.safepoint.yaml');
const password = 'a-password-of-the-test';
const environmentOf = (name: string) => serviceOf(name).environment ?? {};
const scriptOf = (name: string) => inContainer(serviceOf(name).command?.join('\n') ?? '');
const contentOf = (name: string) =>
  inContainer(compose.configs[name]?.content ?? '', { TRY_PASSWORD: password });

/** Where the images listen; what the file itself sets or asks is compared with it. */
const listening: Record<string, number> = {
  camunda: 9600,
  optimize: 8092, // Optimize's management port; nothing sets it
  elasticsearch: 9200,
  s3: 8333,
  'web-modeler-db': 5432,
};

describe('docker-compose.yml: profile try, the config of its worker', () => {
  let cluster: ClusterConfig;
  let store: S3StoreConfig;
  const before = { ...process.env };
  beforeAll(() => {
    for (const [name, value] of Object.entries(environmentOf('worker')))
      process.env[name] = inContainer(value, { TRY_PASSWORD: password });
    const config = loadConfig(configFile);
    cluster = config.clusters['demo'] as ClusterConfig;
    store = config.stores['main'] as S3StoreConfig;
  });
  afterAll(() => {
    process.env = before;
  });

  it('names hosts that are services, at the ports where they listen', () => {
    const endpoints = [cluster.zeebe, cluster.webapps, cluster.optimize, cluster.searchEngine];
    const urls = [...endpoints.map((endpoint) => endpoint?.url ?? ''), store.endpoint ?? ''];
    const called = urls.map((url) => [new URL(url).hostname, Number(new URL(url).port)] as const);
    const database = cluster.databases['web-modeler'];

    const all = [...called, [database?.host ?? '', database?.port] as const];

    expect(all.filter(([host, port]) => listening[host] !== port)).toEqual([]);
    expect([...new Set(all.map(([host]) => host))].sort()).toEqual(Object.keys(listening).sort());
    expect(Object.keys(listening).filter((host) => compose.services[host] === undefined)).toEqual([]);
  });

  it('names the user of the database, the bucket and the repository that the services make', () => {
    const { user } = cluster.databases['web-modeler'] ?? {};

    expect(user).toBe(environmentOf('web-modeler-db')['POSTGRES_USER']);
    expect(scriptOf('s3-bucket')).toContain(`s3.bucket.create -name ${store.bucket}'`);
    expect(scriptOf('elasticsearch-repository')).toContain(`/_snapshot/${cluster.searchEngine.repository}"`);
    expect(contentOf('s3-identities')).toContain(`"${process.env['TRY_S3_ACCESS_KEY_ID'] ?? ''}"`);
  });

  it('fits to what Camunda, Optimize and the exporter are told', () => {
    const camunda = environmentOf('camunda');
    const optimize = environmentOf('optimize');
    const { repository, indexPrefixes } = cluster.searchEngine;

    expect(camunda['CAMUNDA_DATA_BACKUP_REPOSITORYNAME']).toBe(repository);
    expect(optimize['CAMUNDA_OPTIMIZE_BACKUP_REPOSITORY_NAME']).toBe(repository);
    expect(camunda['ZEEBE_BROKER_EXPORTERS_ELASTICSEARCH_ARGS_INDEX_PREFIX']).toBe(
      indexPrefixes.zeebeRecords,
    );
    expect(optimize['CAMUNDA_OPTIMIZE_ZEEBE_NAME']).toBe(indexPrefixes.zeebeRecords);
  });

  it('shares the bucket with Zeebe and Elasticsearch, each below a prefix of its own', () => {
    const camunda = environmentOf('camunda');
    const [, settings = ''] = /^\s*'(\{"type":"s3".*\})'$/m.exec(scriptOf('elasticsearch-repository')) ?? [];
    const repository = JSON.parse(settings) as { settings: { bucket: string; base_path: string } };

    const prefixes = [
      store.prefix,
      camunda['CAMUNDA_DATA_BACKUP_S3_BASEPATH'],
      repository.settings.base_path,
    ];

    expect(camunda['CAMUNDA_DATA_BACKUP_S3_BUCKETNAME']).toBe(store.bucket);
    expect(repository.settings.bucket).toBe(store.bucket);
    expect(new Set(prefixes).size).toBe(3);
    expect(camunda['CAMUNDA_DATA_BACKUP_S3_ENDPOINT']).toBe(store.endpoint);
    expect(environmentOf('elasticsearch')['s3.client.default.endpoint']).toBe(store.endpoint);
  });
});

describe('docker-compose.yml: profile try, its S3 store', () => {
  it('starts as it is told, and gets its bucket once', async () => {
    const kept = await buildKept('try-s3', startStore);

    const bucketStep = () =>
      execa('/bin/sh', ['-euc', scriptOf('s3-bucket')], { env: kept.env, reject: false });
    const first = await bucketStep();
    const second = await bucketStep();
    const { Buckets = [] } = await kept.client.send(new ListBucketsCommand({}));

    kept.client.destroy();
    await kept.stop();
    expect([first, second]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    expect(Buckets.map(({ Name }) => Name)).toEqual(['camunda-backups']);
  }, 120_000);

  /** The command of the service, on 127.0.0.1 and free ports. */
  async function startStore({ dataDir, keep, stop }: Keeper) {
    const { weed } = await fetchPythonPrograms();
    const identities = path.join(dataDir, 's3.json');
    const objects = path.join(dataDir, 'objects');
    writeFileSync(identities, contentOf('s3-identities'));
    mkdirSync(objects);
    const moved: Record<string, string> = {
      '-ip=s3': '-ip=127.0.0.1',
      '-ip.bind=0.0.0.0': '-ip.bind=127.0.0.1',
      '-dir=/data': `-dir=${objects}`,
      '-s3.config=/etc/seaweedfs/s3.json': `-s3.config=${identities}`,
    };
    const args = (serviceOf('s3').command ?? []).map((argument) => moved[argument] ?? argument);
    const names = ['master', 'volume', 'filer', 's3'].flatMap((name) => [
      `${name}.port`,
      `${name}.port.grpc`,
    ]);
    const ports = new Map(await Promise.all(names.map(async (name) => [name, await freePort()] as const)));
    const running = await keep(
      startProcess({
        name: 'SeaweedFS',
        command: weed,
        args: [
          ...args,
          ...[...ports].map(([name, port]) => `-${name}=${port}`),
          '-s3.port.iceberg=0',
          '-s3.port.lance=0',
        ],
        logFile: path.join(dataDir, 's3.log'),
        stopTimeoutMs: 1000,
      }),
    );
    const endpoint = `http://127.0.0.1:${ports.get('s3.port')}`;
    const [, health = ''] = /(\/\w+)$/.exec(serviceOf('s3').healthcheck?.test.at(-1) ?? '') ?? [];
    await waitUntilReady(running, 60_000, async () => {
      const { ok } = await fetch(`${endpoint}${health}`);
      return ok ? true : undefined;
    });
    const address = (name: string) =>
      `127.0.0.1:${ports.get(`${name}.port`)}.${ports.get(`${name}.port.grpc`)}`;
    return {
      client: new S3Client({
        endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: 'safepoint', secretAccessKey: password },
      }),
      env: {
        PATH: [path.dirname(weed), process.env['PATH']].join(path.delimiter),
        MASTER: address('master'),
        FILER: address('filer'),
      },
      stop,
    };
  }
});

describe('docker-compose.yml: profile try, its scripts against a server', () => {
  let server: Server;
  let port: number;
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  beforeAll(async () => {
    server = createServer((request, response) => {
      respond(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.close();
  });

  const register = () =>
    execa('/bin/bash', ['-euc', scriptOf('elasticsearch-repository')], {
      env: { SEARCH_ENGINE: `http://127.0.0.1:${port}` },
      reject: false,
    });

  it('registers the repository and has every node write to it', async () => {
    const seen: string[] = [];
    respond = (request, response) => {
      void readText(request).then((body) => {
        seen.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
        response.end('{}');
      });
    };

    const { exitCode } = await register();

    expect(exitCode).toBe(0);
    expect(seen).toEqual([
      'PUT /_snapshot/camunda {"type":"s3","settings":{"bucket":"camunda-backups","base_path":"elasticsearch","client":"default"}}',
      'POST /_snapshot/camunda/_verify ',
    ]);
  });

  it('fails with what Elasticsearch says when the repository is refused', async () => {
    respond = (_, response) => response.writeHead(500).end('no such bucket');

    const { exitCode, stdout } = await register();

    expect(exitCode).not.toBe(0);
    expect(stdout).toBe('no such bucket');
  });

  it.each([
    [200, 0],
    [503, 1],
  ])('takes Camunda that answers %i for healthy or not', async (status, expected) => {
    const [, program = '', ...args] = (serviceOf('camunda').healthcheck?.test ?? []).map((part) =>
      inContainer(part).replace('9600', String(port)),
    );
    let asked = '';
    respond = (request, response) => {
      asked = request.url ?? '';
      response.writeHead(status).end('{}');
    };

    const { exitCode } = await execa(program, args, { reject: false });

    expect(exitCode).toBe(expected);
    expect(asked).toBe('/actuator/health/readiness');
  });
});

describe('docker-compose.yml: profile try, its database', () => {
  it('is filled by SQL that PostgreSQL takes', async () => {
    const kept = await buildKept('try-database', async ({ dataDir, keep, stop }) => ({
      postgres: await keep(startPostgres({ dataDir, rows: 1 })),
      stop,
    }));

    const sql = `${contentOf('web-modeler-data')}\nselect count(*) from projects;`;
    const rows = await runSql(kept.postgres, 'postgres', sql, 30_000).finally(kept.stop);

    expect(rows).toBe('1000');
  }, 120_000);
});
