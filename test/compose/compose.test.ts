import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { parse } from 'yaml';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import { findDockerCompose } from './dockerCompose.ts';

const root = path.join(import.meta.dirname, '..', '..');
const file = path.join(root, 'docker-compose.yml');
const text = readFileSync(file, 'utf8');

type Service = {
  image?: string;
  build?: string;
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: object;
  ports?: string[];
  restart?: string;
  volumes?: (string | { type: string; source: string })[];
};
const compose = parse(text) as { services: Record<string, Service>; volumes: object };
const services = Object.entries(compose.services);

describe('docker-compose.yml: checked by Docker Compose', () => {
  let program: string;
  beforeAll(async () => {
    program = await findDockerCompose();
  }, 120_000);

  /** Away from the repository, so that no `.env` of a developer is read. */
  const check = (env: Record<string, string>) =>
    execa(program, ['--file', file, 'config', '--quiet'], {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '', ...env },
      extendEnv: false,
      reject: false,
    });

  it('is valid as soon as the password is chosen', async () => {
    const checked = await check({ TEMPORAL_DB_PASSWORD: 'chosen' });

    expect({ exitCode: checked.exitCode, stderr: checked.stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('names the password when nobody has chosen one', async () => {
    const checked = await check({});

    expect(checked.exitCode).not.toBe(0);
    expect(checked.stderr).toContain('TEMPORAL_DB_PASSWORD');
  });
});

describe('docker-compose.yml: what it names', () => {
  it('mounts only what is in the repository, or what the operator copies from there', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.flatMap((volume) => (typeof volume === 'object' ? [volume.source] : [])),
    );
    const copied: Record<string, string> = { './safepoint.yaml': './safepoint.example.yaml' };

    const missing = mounts.filter((source) => !existsSync(path.join(root, copied[source] ?? source)));

    expect(mounts).toContain('./safepoint.yaml');
    expect(missing).toEqual([]);
  });

  it('keeps data in volumes that it declares', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.flatMap((volume) => (typeof volume === 'string' ? [volume.split(':')[0] ?? ''] : [])),
    );

    expect(named).toEqual(Object.keys(compose.volumes));
  });

  it('builds from a context with a Dockerfile', () => {
    const contexts = services.flatMap(([, { build }]) => build ?? []);

    expect(contexts.map((context) => existsSync(path.join(root, context, 'Dockerfile')))).toEqual([true]);
  });

  it('waits only for services that can reach the state that is waited for', () => {
    const waits = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));

    const hopeless = waits.filter(([name, { condition }]) => {
      const service = compose.services[name];
      if (condition === 'service_healthy') return service?.healthcheck === undefined;
      return service?.restart !== 'on-failure:5'; // completed: one that is always restarted never is
    });

    expect(hopeless).toEqual([]);
  });
});

describe('docker-compose.yml: safety', () => {
  it('publishes ports on 127.0.0.1 only', () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published);

    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('has no default for a secret and none in plain', () => {
    const secrets = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([variable]) => /PASSWORD|PWD|SECRET|TOKEN|KEY/.test(variable))
        .map(([variable, value]) => [`${name} ${variable}`, value]),
    );

    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter(([, value]) => !/^\$\{\w+:\?[^}]+\}$/.test(value ?? ''))).toEqual([]);
  });

  it('pins every image that it does not build, and restarts every service', () => {
    const loose = services.filter(
      ([, { build, image = '', restart }]) =>
        restart === undefined || (build === undefined && !/:\$\{\w+:-\d[\d.]*\}$/.test(image)),
    );

    expect(loose.map(([name]) => name)).toEqual([]);
  });
});

describe('docker-compose.yml: the step that makes namespace and search attributes', () => {
  let temporal: Temporal;
  const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-compose-'));
  beforeAll(async () => {
    temporal = await startTemporal({ dataDir });
  }, 120_000);
  afterAll(async () => {
    await temporal.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('makes them on a server without, and does nothing the second time', async () => {
    const script = compose.services['temporal-namespace']?.command?.join('\n').replaceAll('$$', '$') ?? '';
    const env = {
      PATH: [path.dirname(temporal.cliPath), process.env['PATH']].join(path.delimiter),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: 'compose',
    };

    for (let run = 1; run <= 2; run += 1) await execa('/bin/sh', ['-euc', script], { env });

    const connection = await Connection.connect({ address: temporal.address });
    const { namespaces } = await connection.workflowService.listNamespaces({});
    const listed = await connection.operatorService.listSearchAttributes({ namespace: 'compose' });
    await connection.close();
    const made = namespaces.find(({ namespaceInfo }) => namespaceInfo?.name === 'compose');
    expect(Number(made?.config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    expect(Object.keys(listed.customAttributes)).toEqual(
      expect.arrayContaining(['Cluster', 'BackupId', 'Verdict']),
    );
  }, 60_000);
});
