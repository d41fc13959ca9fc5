import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { startTemporal, type Temporal } from '../../sandbox/stack/temporal.ts';
import {
  compose,
  composePath,
  composeText,
  inContainer,
  root,
  services,
  serviceOf,
  variablesOf,
} from './composeFile.ts';
import { findDockerCompose } from './dockerCompose.ts';

const example = readFileSync(path.join(root, '.env.example'), 'utf8');

/** What an operator makes of the example: the passwords chosen, and for the profile `try` three lines without their #. */
const chosen = example.replace('TEMPORAL_DB_PASSWORD=', 'TEMPORAL_DB_PASSWORD=chosen');
const tried = chosen.replace(
  /^#(COMPOSE_PROFILES=try)\n#(SAFEPOINT_CONFIG_FILE=.*)\n#(TRY_PASSWORD=)$/m,
  '$1\n$2\n$3hunter22',
);

describe('docker-compose.yml: checked by Docker Compose', () => {
  let program: string;
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-compose-env-'));
  beforeAll(async () => {
    program = await findDockerCompose();
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Away from the repository, so that no `.env` of a developer is read. */
  const config = (env: string, ...args: string[]) => {
    writeFileSync(path.join(folder, '.env'), env);
    return execa(program, ['--file', composePath, '--env-file', '.env', 'config', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
      reject: false,
    });
  };

  it('is valid as soon as the password is chosen, and then has nothing of the profile', async () => {
    const checked = await config(chosen, '--services');

    const without = services.flatMap(([name, { profiles }]) => (profiles === undefined ? [name] : []));
    expect({ exitCode: checked.exitCode, stderr: checked.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(checked.stdout.split('\n').sort()).toEqual(without.sort());
  });

  it('is valid with the profile, which gives the worker another config', async () => {
    const checked = await config(tried, '--format', 'json');

    const resolved = JSON.parse(checked.stdout) as {
      services: Record<string, { volumes: { source: string }[] }>;
    };
    expect(checked).toMatchObject({ exitCode: 0, stderr: '' });
    expect(Object.keys(resolved.services).sort()).toEqual(services.map(([name]) => name).sort());
    expect(resolved.services['worker']?.volumes[0]?.source).toBe(
      path.join(root, 'ops', 'compose', 'try.safepoint.yaml'),
    );
  });

  it('names the password when nobody has chosen one', async () => {
    const checked = await config(example);

    expect(checked.exitCode).not.toBe(0);
    expect(checked.stderr).toContain('TEMPORAL_DB_PASSWORD');
  });
});

describe('.env.example', () => {
  const lines = new Map(
    [...example.matchAll(/^#?(\w+)=(.*)$/gm)].map(([line, name = '', value = '']) => [name, { line, value }]),
  );

  it('has every variable of docker-compose.yml and no other', () => {
    const variables = new Set(variablesOf(composeText).map(({ name }) => name));

    expect([...lines.keys()].filter((name) => name !== 'COMPOSE_PROFILES').sort()).toEqual(
      [...variables].sort(),
    );
  });

  it('names the defaults of docker-compose.yml', () => {
    const defaults = variablesOf(composeText).filter(({ fallback = '' }) => fallback !== '');

    const unnamed = defaults.filter(
      ({ name, fallback = '' }) => !example.includes(`\n#${name}=${fallback}\n`),
    );

    expect(defaults.length).toBeGreaterThan(0);
    expect(unnamed).toEqual([]);
  });

  it('has no secret in it', () => {
    const secrets = [...lines].filter(([name]) => name.endsWith('PASSWORD'));

    expect(secrets.map(([name, { value }]) => [name, value])).toEqual([
      ['TEMPORAL_DB_PASSWORD', ''],
      ['TRY_PASSWORD', ''],
    ]);
  });
});

describe('docker-compose.yml: what it names', () => {
  it('mounts only what is in the repository, or what the operator copies from there', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.flatMap((volume) => (typeof volume === 'object' ? [volume.source] : [])),
    );
    const named = [...example.matchAll(/^#SAFEPOINT_CONFIG_FILE=(.+)$/gm)].map(([, file = '']) => file);
    const copied: Record<string, string> = { './safepoint.yaml': './safepoint.example.yaml' };

    const missing = named.filter((source) => !existsSync(path.join(root, copied[source] ?? source)));

    expect(mounts).toEqual(['${SAFEPOINT_CONFIG_FILE:-./safepoint.yaml}']);
    expect(named).toHaveLength(2);
    expect(missing).toEqual([]);
  });

  it('keeps data in volumes that it declares', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.flatMap((volume) => (typeof volume === 'string' ? [volume.split(':')[0] ?? ''] : [])),
    );

    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('builds from a context with a Dockerfile', () => {
    const contexts = services.flatMap(([, { build }]) => build ?? []);

    expect(contexts.map((context) => existsSync(path.join(root, context, 'Dockerfile')))).toEqual([true]);
  });

  it('waits only for services that can reach the state that is waited for', () => {
    const waits = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));

    const hopeless = waits.filter(([name, { condition }]) => {
      const service = serviceOf(name);
      if (condition === 'service_healthy') return service.healthcheck === undefined;
      return service.restart !== 'on-failure:5'; // completed: one that is always restarted never is
    });

    expect(hopeless).toEqual([]);
  });

  it('asks every service that stays up for its health, but for the worker', () => {
    const staying = services.filter(([, { restart }]) => restart === 'unless-stopped');

    const unasked = staying.filter(([, { healthcheck }]) => healthcheck === undefined);

    // The worker tells how it is only where `health.listen` of its config, which is the operator's, says so.
    expect(unasked.map(([name]) => name)).toEqual(['worker']);
  });
});

describe('docker-compose.yml: safety', () => {
  it('publishes ports on 127.0.0.1 only, each once', () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published);

    const onHost = ports.map((port) => port.split(':').slice(0, 2).join(':'));

    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(new Set(onHost).size).toBe(ports.length);
  });

  it('has no default for a secret and none in plain', () => {
    const secrets = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([variable]) => /PASSWORD|PWD|SECRET|TOKEN|KEY/.test(variable))
        .filter(([variable]) => !/ACCESS_?KEY(_ID)?$/.test(variable)) // the name of a user, in S3
        .map(([variable, value]) => [`${name} ${variable}`, value]),
    );

    const told = secrets.filter(([, value = '']) => !/^\$\{\w+:(-|\?[^}]+)\}$/.test(value));

    expect(secrets.length).toBeGreaterThan(0);
    expect(told).toEqual([]);
  });

  it('pins every image that it does not build, and restarts every service', () => {
    const loose = services.filter(
      ([, { build, image = '', restart }]) =>
        restart === undefined || (build === undefined && !/:\$\{\w+:-\d[\d.]*\}$/.test(image)),
    );

    expect(loose.map(([name]) => name)).toEqual([]);
  });

  it('gives the worker nothing to write to but /tmp, and no right', () => {
    expect(serviceOf('worker')).toMatchObject({
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
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
    const script = inContainer(serviceOf('temporal-namespace').command?.join('\n') ?? '');
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
