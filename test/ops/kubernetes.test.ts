import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { findKubernetesTools } from './kubernetesTools.ts';

const root = path.join(import.meta.dirname, '..', '..');
const manifests = path.join(root, 'ops', 'kubernetes');

type Labels = Record<string, string | undefined>;
type Probe = { httpGet: { port: string; path: string } };
type Container = {
  image: string;
  env: { name: string; value?: string }[];
  ports: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe: Probe;
  securityContext: object;
  resources: { requests: object; limits: object };
};
type Pod = {
  serviceAccountName: string;
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  securityContext: object;
  containers: Container[];
  volumes: { name: string; configMap?: { name: string }; secret?: { secretName: string } }[];
};
type Selector = { matchLabels: Labels };
type Resource = {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: {
    replicas?: number;
    selector?: Selector;
    podSelector?: Selector;
    template?: { metadata: { labels: Labels; annotations: Labels }; spec: Pod };
    ingress?: { ports: { port: string }[] }[];
  };
};

let tools: Awaited<ReturnType<typeof findKubernetesTools>>;
let built: string;
let resources: Resource[];
let pod: Pod;
let container: Container;
beforeAll(async () => {
  tools = await findKubernetesTools();
  ({ stdout: built } = await execa(tools.kubectl, ['kustomize', manifests]));
  resources = parseAllDocuments(built).map((document) => document.toJS() as Resource);
  pod = find('Deployment').spec?.template?.spec as Pod;
  container = pod.containers[0] as Container;
}, 240_000);

function find(kind: string): Resource {
  const [resource, ...more] = resources.filter((one) => one.kind === kind);
  if (resource === undefined || more.length > 0) throw new Error(`not exactly one ${kind}`);
  return resource;
}

describe('ops/kubernetes: checked by the tools of Kubernetes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-kustomized-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(['1.28.0', '1.37.0'])(
    'is what the schemas of Kubernetes %s allow, and no field more',
    async (version) => {
      const file = path.join(folder, 'built.yaml');
      writeFileSync(file, built);
      const args = ['-m', 'kubernetes_validate', '--strict', '-k', version, file];

      const { exitCode, all } = await execa(tools.python, args, { reject: false, all: true });

      expect(all.split('\n').filter((line) => !line.includes('passed for resource'))).toEqual([]);
      expect(all.split('\n')).toHaveLength(resources.length);
      expect(exitCode).toBe(0);
    },
  );

  it('is read by kubectl into its own types, without a cluster', async () => {
    const args = ['set', 'serviceaccount', '--local', '-f', '-', pod.serviceAccountName, '-o', 'name'];
    const deployment = stringify(find('Deployment'));

    const { stdout } = await execa(tools.kubectl, args, { input: deployment });

    expect(stdout).toBe('deployment.apps/safepoint');
  });
});

describe('ops/kubernetes: what it names', () => {
  it('has everything that its pods ask for, but for the secret of the operator', () => {
    const volumes = pod.volumes.map(({ configMap, secret }) => configMap?.name ?? secret?.secretName);

    expect(pod.serviceAccountName).toBe(find('ServiceAccount').metadata.name);
    expect(volumes).toEqual([find('ConfigMap').metadata.name, 'safepoint-secrets', undefined]);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
  });

  it('speaks of the same pods everywhere', () => {
    const deployment = find('Deployment').spec;

    const selectors = [
      deployment?.selector,
      find('PodDisruptionBudget').spec?.selector,
      find('NetworkPolicy').spec?.podSelector,
    ];

    expect(selectors).toEqual(Array(3).fill({ matchLabels: deployment?.template?.metadata.labels }));
  });

  it('runs the image of this version', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      version: string;
    };

    expect(container.image).toBe(`safepoint:${version}`);
  });
});

describe('ops/kubernetes: the config of the worker', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-kubernetes-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const mountOf = (name: string) =>
    container.volumeMounts.find((mount) => mount.name === name)?.mountPath ?? '';
  const configText = () => find('ConfigMap').data?.['safepoint.yaml'] ?? '';

  it('lies where the worker looks, and is taken by it with the secrets that it names', () => {
    const secrets = [...configText().matchAll(/\{ file: (\S+) \}/g)].map(([, file = '']) => file);
    mkdirSync(path.join(folder, 'secrets'));
    for (const file of secrets) writeFileSync(path.join(folder, 'secrets', path.basename(file)), 'secret');
    const text = configText().replaceAll(mountOf('secrets'), path.join(folder, 'secrets'));
    const file = path.join(folder, 'safepoint.yaml');
    writeFileSync(file, text);

    const { clusters } = loadConfig(file);

    expect(Object.keys(clusters)).toEqual(['prod']);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter((secret) => path.dirname(secret) !== mountOf('secrets'))).toEqual([]);
    expect(container.env).toContainEqual({
      name: 'SAFEPOINT_CONFIG',
      value: path.join(mountOf('config'), 'safepoint.yaml'),
    });
  });

  it('listens where probes, Prometheus and the network policy look', () => {
    const { health, metrics } = parse(configText()) as Record<'health' | 'metrics', { listen: string }>;
    const annotations = find('Deployment').spec?.template?.metadata.annotations;
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];

    const ports = container.ports.map(({ name, containerPort }) => [name, `0.0.0.0:${containerPort}`]);

    expect(Object.fromEntries(ports)).toEqual({ health: health.listen, metrics: metrics.listen });
    expect(probes.map(({ httpGet }) => `${httpGet.port} ${httpGet.path}`)).toEqual([
      'health /healthz',
      'health /healthz',
      'health /readyz',
    ]);
    expect(`0.0.0.0:${annotations?.['prometheus.io/port'] ?? ''}`).toBe(metrics.listen);
    expect(
      find('NetworkPolicy').spec?.ingress?.flatMap((rule) => rule.ports.map(({ port }) => port)),
    ).toEqual(['metrics', 'health']);
  });
});

describe('ops/kubernetes: with the right to restore', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-restoring-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  let documents: (Resource & { rules?: { resources: string[]; verbs: string[] }[] })[];
  let file: string;
  beforeAll(async () => {
    cpSync(manifests, path.join(folder, 'ops'), { recursive: true });
    const kustomization = path.join(folder, 'ops', 'kustomization.yaml');
    writeFileSync(kustomization, `${readFileSync(kustomization, 'utf8')}components: [restore]\n`);
    const { stdout } = await execa(tools.kubectl, ['kustomize', path.dirname(kustomization)]);
    file = path.join(folder, 'built.yaml');
    writeFileSync(file, stdout);
    documents = parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
  });

  it('is what the schemas of Kubernetes allow, and no field more', async () => {
    const args = ['-m', 'kubernetes_validate', '--strict', '-k', '1.37.0', file];

    const { exitCode } = await execa(tools.python, args, { reject: false });

    expect(exitCode).toBe(0);
    expect(documents).toHaveLength(resources.length + 2);
  });

  it('gives the pods the token of an account with these rights, and no other', () => {
    const template = documents.find(({ kind }) => kind === 'Deployment')?.spec?.template;
    const rights = documents
      .flatMap(({ rules = [] }) => rules)
      .flatMap((rule) => rule.resources.flatMap((name) => rule.verbs.map((verb) => `${verb} ${name}`)));

    expect(template?.spec.automountServiceAccountToken).toBe(true);
    expect(rights).toEqual([
      'get statefulsets',
      'patch statefulsets',
      'get deployments',
      'patch deployments',
      'list pods',
      'get pods/log',
      'get persistentvolumeclaims',
      'list jobs',
      'create jobs',
      'delete jobs',
    ]);
  });
});

describe('ops/kubernetes: safety', () => {
  it('obeys the restricted standard for pods, with a root that is read-only', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('gives the pods no token, and keeps secrets out of their environment', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.env.filter(({ value }) => value === undefined)).toEqual([]);
    expect(container.env.map(({ name }) => name)).toEqual([
      'TEMPORAL_ADDRESS',
      'TEMPORAL_NAMESPACE',
      'SAFEPOINT_CONFIG',
    ]);
  });

  it('has two workers, and gives each the time that a stop takes', () => {
    const worker = readFileSync(path.join(root, 'src', 'worker.ts'), 'utf8');
    const [, forceSeconds] = /shutdownForceTime: '(\d+) s'/.exec(worker) ?? [];

    expect(find('Deployment').spec?.replicas).toBe(2);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(forceSeconds) + 10);
    expect(container.resources).toMatchObject({ requests: { memory: '512Mi' }, limits: { memory: '1Gi' } });
  });
});
