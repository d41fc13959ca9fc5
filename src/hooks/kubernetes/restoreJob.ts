import { SafepointError } from '../../contract/errors.ts';
import { sha256Of } from '../../system/sha256.ts';
import type { HookCall } from '../contract.ts';
import type { Container, Workload } from './schema.ts';

/** On Jobs and their pods: the StatefulSet whose brokers they restore. */
export const BROKERS_LABEL = 'safepoint/restores-brokers-of';
/** On the pods: the name of their Job. */
export const JOB_LABEL = 'safepoint/job';

/** Everything in the folder goes, what begins with a dot too, except the folder of file systems that no user may delete. */
const EMPTY_FOLDER = `set -eu
for each in "$1"/* "$1"/.[!.]* "$1"/..?*; do
  case "$each" in */lost+found) continue ;; esac
  if [ -e "$each" ] || [ -L "$each" ]; then rm -rf -- "$each"; fi
done`;

export type BrokerVolume = { container: Container; folder: string; volume: string; claims: string[] };

/** Where a broker keeps its data. Fails with `HookFailed` where that cannot be told. */
export function brokerVolume({ metadata, spec }: Workload): BrokerVolume {
  const claims = spec.volumeClaimTemplates.map((template) => template.metadata.name);
  const volume = claims.length === 1 ? claims[0] : claims.find((name) => name === 'data');
  const container = spec.template.spec.containers.find(({ volumeMounts }) =>
    volumeMounts.some(({ name }) => name === volume),
  );
  const folder = container?.volumeMounts.find(({ name }) => name === volume)?.mountPath;
  if (volume !== undefined && container !== undefined && folder !== undefined)
    return { container, folder, volume, claims };
  throw new SafepointError(
    'HookFailed',
    `StatefulSet ${metadata.name} has no volume claim template for the data of its brokers, or more than one and none of the name data`,
  );
}

/** The same for the same run, so that a repeat finds what it has started. */
export function jobNameOf({ backupId, runId }: HookCall, brokers: string, ordinal: number): string {
  return `safepoint-restore-${backupId}-${sha256Of(`${runId} ${brokers}`).slice(0, 8)}-${ordinal}`;
}

export function claimName(template: string, brokers: string, ordinal: number): string {
  return `${template}-${brokers}-${ordinal}`;
}

/**
 * The Job that restores one broker: its pod is the one that the StatefulSet would make, with the same volumes, but it empties
 * the data folder and runs the restore in place of the broker, once.
 */
export function restoreJob(workload: Workload, call: HookCall, ordinal: number, limitMs: number): object {
  const { spec, metadata } = workload;
  const { template } = spec;
  const { container, volume, folder, claims } = brokerVolume(workload);
  const name = jobNameOf(call, metadata.name, ordinal);
  const own = { [BROKERS_LABEL]: metadata.name, [JOB_LABEL]: name };
  const mount = container.volumeMounts.filter((one) => one.name === volume);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: own },
    spec: {
      backoffLimit: 0, // a second try of a restore that fails hides what the first one said
      activeDeadlineSeconds: Math.ceil(limitMs / 1000),
      template: {
        metadata: { annotations: template.metadata.annotations, labels: { ...labelsOf(workload), ...own } },
        spec: {
          ...template.spec,
          restartPolicy: 'Never',
          hostname: `${metadata.name}-${ordinal}`,
          ...(spec.serviceName !== undefined && { subdomain: spec.serviceName }),
          containers: [
            brokerContainer(container, call, { folder, pod: `${metadata.name}-${ordinal}`, ordinal }),
          ],
          initContainers: [
            ...template.spec.initContainers,
            {
              ...pick(container, ['image', 'imagePullPolicy', 'securityContext', 'resources']),
              name: 'safepoint-empty-data',
              command: ['/bin/sh', '-c', EMPTY_FOLDER, 'sh', folder],
              volumeMounts: mount,
            },
          ],
          volumes: [
            ...template.spec.volumes,
            ...claims.map((claim) => ({
              name: claim,
              persistentVolumeClaim: { claimName: claimName(claim, metadata.name, ordinal) },
            })),
          ],
        },
      },
    },
  };
}

/** Those that select the pods of the StatefulSet would make the Services of Camunda send requests to a restore. */
function labelsOf({ spec }: Workload): Record<string, string> {
  const selecting = new Set(Object.keys(spec.selector.matchLabels));
  return Object.fromEntries(
    Object.entries(spec.template.metadata.labels).filter(([key]) => !selecting.has(key)),
  );
}

/** What would end a process that answers no probe. */
const WATCHING = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];

type Place = { folder: string; pod: string; ordinal: number };

function brokerContainer(container: Container, { backupId }: HookCall, place: Place): object {
  const restore = {
    ZEEBE_RESTORE: 'true',
    ZEEBE_RESTORE_FROM_BACKUP_ID: backupId,
    SPRING_PROFILES_ACTIVE: 'restore',
  };
  const inherited = container.env
    .filter(({ name, value }) => !(name in restore) && !writesIntoData(name, value, place.folder))
    .map((variable) => ofBroker(variable, place));
  const kept = Object.entries(container).filter(([field]) => !WATCHING.includes(field));
  return {
    ...Object.fromEntries(kept),
    env: [...inherited, ...Object.entries(restore).map(([name, value]) => ({ name, value }))],
  };
}

/** Options of Java that log into the data folder make it not empty, and the restore refuses to begin. */
function writesIntoData(name: string, value: unknown, folder: string): boolean {
  return /^(JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|JAVA_OPTS)$/.test(name) && String(value).includes(folder);
}

/** The chart computes the node id from the name of the pod; that of a Job is another one. */
function ofBroker(variable: Container['env'][number], { pod, ordinal }: Place): object {
  const { name, valueFrom } = variable as { name: string; valueFrom?: { fieldRef?: { fieldPath?: string } } };
  const field = valueFrom?.fieldRef?.fieldPath;
  if (field === 'metadata.name' || field === "metadata.labels['statefulset.kubernetes.io/pod-name']")
    return { name, value: pod };
  if (field === "metadata.labels['apps.kubernetes.io/pod-index']") return { name, value: String(ordinal) };
  return variable;
}

function pick(from: Record<string, unknown>, keys: string[]): object {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}
