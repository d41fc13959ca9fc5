import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { HookCall } from '../../src/hooks/contract.ts';
import { jobNameOf, restoreJob } from '../../src/hooks/kubernetes/restoreJob.ts';
import { Workload } from '../../src/hooks/kubernetes/schema.ts';
import { findKubernetesTools } from '../ops/kubernetesTools.ts';
import { brokersOf } from './brokers.ts';

const CALL: HookCall = {
  hook: 'zeebeRestore',
  cluster: 'prod',
  backupId: '1042',
  setCluster: 'prod',
  runId: 'run-7',
};
const NAME = jobNameOf(CALL, 'camunda-zeebe', 2);

type Container = { name: string; command: string[]; env: { name: string; value?: string }[] };
type BuiltJob = {
  metadata: { name: string };
  spec: {
    template: {
      metadata: { labels: object };
      spec: { containers: Container[]; initContainers: Container[]; volumes: object[]; hostname: string };
    };
  };
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-job-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function build(brokers: object = brokersOf(3)): BuiltJob {
  return restoreJob(Workload.parse(brokers), CALL, 2, 90_500) as BuiltJob;
}

function podOf(job: BuiltJob) {
  return job.spec.template.spec;
}

describe('hooks/kubernetes/restoreJob', () => {
  it.each(['1.28.0', '1.37.0'])(
    'is what the schemas of Kubernetes %s allow, and no field more',
    async (version) => {
      const { python } = await findKubernetesTools();
      const file = path.join(folder, 'job.json');
      writeFileSync(file, JSON.stringify(build()));

      const args = ['-m', 'kubernetes_validate', '--strict', '-k', version, file];
      const { exitCode, all } = await execa(python, args, { reject: false, all: true });

      expect([exitCode, all]).toEqual([0, expect.any(String)]);
    },
    240_000,
  );

  it('is the pod of that broker: its image, volumes, identity, and the name that its node id comes from', () => {
    const pod = podOf(build());

    expect(pod).toMatchObject({
      serviceAccountName: 'camunda-zeebe',
      securityContext: { fsGroup: 1001 },
      tolerations: [{ key: 'camunda', operator: 'Exists' }],
      hostname: 'camunda-zeebe-2',
      subdomain: 'camunda-zeebe',
      restartPolicy: 'Never',
    });
    expect(pod.volumes).toEqual([
      { name: 'config', configMap: { name: 'camunda-zeebe', defaultMode: 492 } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-camunda-zeebe-2' } },
    ]);
    expect(pod.containers).toMatchObject([
      { name: 'zeebe', image: 'camunda/zeebe:8.7.1', envFrom: [{ secretRef: { name: 'backup-store' } }] },
    ]);
    expect(pod.containers[0]?.env).toEqual([
      { name: 'K8S_NAME', value: 'camunda-zeebe-2' },
      { name: 'K8S_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'ZEEBE_BROKER_DATA_BACKUP_STORE', value: 'S3' },
      { name: 'S3_KEY', valueFrom: { secretKeyRef: { name: 's3', key: 'key' } } },
      { name: 'ZEEBE_RESTORE', value: 'true' },
      { name: 'ZEEBE_RESTORE_FROM_BACKUP_ID', value: '1042' },
      { name: 'SPRING_PROFILES_ACTIVE', value: 'restore' },
    ]);
  });

  it('keeps options of Java that do not write into the data folder', () => {
    const brokers = brokersOf(3);
    const option = { name: 'JAVA_TOOL_OPTIONS', value: '-Xmx2g' };
    brokers.spec.template.spec.containers.forEach((container) => (container.env = [option]));

    expect(podOf(build(brokers)).containers[0]?.env).toContainEqual(option);
  });

  it('has no probe that would end it, and no label by which a Service of Camunda would find it', () => {
    const job = build();

    expect(Object.keys(podOf(job).containers[0] ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/Probe$/)]),
    );
    expect(job.spec.template.metadata.labels).toEqual({
      'azure.workload.identity/use': 'true',
      'safepoint/restores-brokers-of': 'camunda-zeebe',
      'safepoint/job': NAME,
    });
  });

  it('is tried once, and ended by Kubernetes at the time limit even when no worker is left', () => {
    expect(build().spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 91 });
  });

  it('has a name of its own for each run, set, StatefulSet and broker, and never one that is too long', () => {
    const names = [
      NAME,
      jobNameOf({ ...CALL, runId: 'run-8' }, 'camunda-zeebe', 2),
      jobNameOf({ ...CALL, backupId: '1043' }, 'camunda-zeebe', 2),
      jobNameOf(CALL, 'other-zeebe', 2),
      jobNameOf(CALL, 'camunda-zeebe', 1),
      jobNameOf({ ...CALL, backupId: '9'.repeat(19) }, 'z'.repeat(63), 999),
    ];

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.length > 63)).toEqual([]);
    expect(build().metadata.name).toBe(NAME);
  });

  it('finds the data among several volumes by the name data', () => {
    const brokers = brokersOf(3);
    brokers.spec.volumeClaimTemplates.push({ metadata: { name: 'logs' } });

    expect(podOf(build(brokers)).volumes).toContainEqual({
      name: 'logs',
      persistentVolumeClaim: { claimName: 'logs-camunda-zeebe-2' },
    });
  });

  it('is not made where nobody can tell where the data are', () => {
    const brokers = brokersOf(3);
    brokers.spec.volumeClaimTemplates = [];

    expect(() => build(brokers)).toThrow(/camunda-zeebe has no volume claim template/);
  });

  it('empties the data folder, after the init containers of the chart', () => {
    expect(podOf(build()).initContainers).toEqual([
      expect.objectContaining({ name: 'exporters' }),
      {
        name: 'safepoint-empty-data',
        image: 'camunda/zeebe:8.7.1',
        securityContext: { runAsUser: 1001 },
        resources: { limits: { memory: '2Gi' } },
        volumeMounts: [{ name: 'data', mountPath: '/usr/local/zeebe/data' }],
        command: ['/bin/sh', '-c', expect.any(String), 'sh', '/usr/local/zeebe/data'],
      },
    ]);
  });

  it.each([0, 1])(
    'leaves nothing in the folder but lost+found, also run on an empty one (%i times before)',
    async (before) => {
      const [data, outside] = [path.join(folder, 'da ta'), path.join(folder, 'outside')];
      mkdirSync(path.join(data, 'raft-partition', 'partitions', '1'), { recursive: true });
      mkdirSync(path.join(data, 'lost+found'));
      mkdirSync(outside);
      for (const file of ['plain', '.topology.meta', '..odd', 'with space', '-rf'])
        writeFileSync(path.join(data, file), '');
      symlinkSync(outside, path.join(data, 'link'));
      symlinkSync('/nowhere', path.join(data, 'dangling'));
      const [program = '', ...args] = podOf(build()).initContainers[1]?.command ?? [];
      args[args.length - 1] = data;

      for (let run = 0; run <= before; run++) await execa(program, args);

      expect(readdirSync(data)).toEqual(['lost+found']);
      expect(existsSync(outside)).toBe(true);
    },
  );
});
