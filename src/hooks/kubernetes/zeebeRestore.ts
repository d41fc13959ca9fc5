import { SafepointError } from '../../contract/errors.ts';
import { pause } from '../../system/waiting.ts';
import type { HookCall } from '../contract.ts';
import type { KubernetesApi, WorkloadRef } from './api.ts';
import { BROKERS_LABEL, brokerVolume, claimName, JOB_LABEL, jobNameOf, restoreJob } from './restoreJob.ts';
import type { Job, Workload } from './schema.ts';
import {
  podsLeft,
  POLL_EVERY_MS,
  replicasKnown,
  REPLICAS_ANNOTATION,
  selectorOf,
  type Steps,
} from './workloads.ts';

/** What the restore of a broker says when all went well; a Job that ends well without these words has done something else. */
const SUCCESS = 'Successfully restored broker from backup';

const LAST_LINES = 20;

/**
 * Restores every broker from the backup of Zeebe, side by side, each by a Job of its own. Run again in the same run it goes on
 * with the Jobs that are there. Jobs go when all have succeeded; those that failed stay to be looked at until the next run.
 */
export async function restoreBrokers(
  steps: Steps,
  call: HookCall,
  brokers: string,
  limitMs: number,
): Promise<void> {
  const { api, signal, tell } = steps;
  const workload = await readStopped(api, brokers);
  const ordinals = await brokersToRestore(api, workload);
  const names = ordinals.map((ordinal) => jobNameOf(call, brokers, ordinal));
  await removeOtherJobs(steps, brokers, names);
  const selector = `${BROKERS_LABEL}=${brokers}`;
  const there = new Set((await api.listJobs(selector)).map(({ metadata }) => metadata.name));
  for (const ordinal of ordinals)
    if (!there.has(jobNameOf(call, brokers, ordinal)))
      await api.createJob(restoreJob(workload, call, ordinal, limitMs));
  for (;;) {
    const jobs = (await api.listJobs(selector)).filter(({ metadata }) => names.includes(metadata.name));
    const gone = names.find((name) => !jobs.some(({ metadata }) => metadata.name === name));
    if (gone !== undefined)
      throw new SafepointError(
        'HookFailed',
        `Job ${gone} was deleted before its end; start the restore again`,
      );
    const ended = jobs.filter((job) => endOf(job) !== null);
    tell(`${ended.length} of ${names.length} brokers: the restore is over`);
    if (ended.length === names.length) {
      const failed = ended.find((job) => endOf(job)?.type === 'Failed');
      if (failed !== undefined) throw await failureOf(api, workload, failed);
      break;
    }
    await pause(POLL_EVERY_MS, signal);
  }
  for (const name of names) await requireSuccess(steps, workload, name);
  for (const name of names) await api.deleteJob(name);
}

/** What the Jobs would do, after the server has looked at them; for people. */
export async function restoreOutlook(
  api: KubernetesApi,
  call: HookCall,
  brokers: string,
  limitMs: number,
): Promise<string[]> {
  const workload = await api.readWorkload(refOf(brokers));
  const ordinals = await brokersToRestore(api, workload);
  for (const ordinal of ordinals)
    await api.createJob(restoreJob(workload, call, ordinal, limitMs), { dryRun: true });
  const { container, folder, volume } = brokerVolume(workload);
  return [
    `run ${ordinals.length} Jobs side by side, as the pods of StatefulSet ${brokers} with image ${container.image ?? ''}`,
    ...ordinals.map(
      (ordinal) =>
        `empty ${folder} on volume claim ${claimName(volume, brokers, ordinal)} and restore broker ${ordinal} from backup ${call.backupId}`,
    ),
  ];
}

/** Ends what runs, as far as it can be reached; for a restore that is given up. */
export async function removeJobs(api: KubernetesApi, brokers: string): Promise<void> {
  for (const { metadata } of await api.listJobs(`${BROKERS_LABEL}=${brokers}`))
    await api.deleteJob(metadata.name);
}

/** Two on one volume is what must never be. */
async function readStopped(api: KubernetesApi, brokers: string): Promise<Workload> {
  const workload = await api.readWorkload(refOf(brokers));
  const pods = await podsLeft(api, selectorOf(workload));
  if (workload.spec.replicas === 0 && pods.length === 0) return workload;
  const seen = `it has ${workload.spec.replicas} replicas and ${pods.length} pods`;
  throw new SafepointError(
    'HookFailed',
    `StatefulSet ${brokers} is not stopped, ${seen}; its brokers are not restored`,
  );
}

/** Ordinals of all brokers, each of which has its volumes. */
async function brokersToRestore(api: KubernetesApi, workload: Workload): Promise<number[]> {
  const { name } = workload.metadata;
  const count = replicasKnown(workload);
  if (count === null)
    throw new SafepointError(
      'HookFailed',
      `StatefulSet ${name} has 0 replicas and nothing says how many it had; set the annotation ${REPLICAS_ANNOTATION} to the number of brokers`,
    );
  const ordinals = Array.from({ length: count }, (_, ordinal) => ordinal);
  for (const template of brokerVolume(workload).claims)
    for (const ordinal of ordinals) await requireBound(api, claimName(template, name, ordinal));
  return ordinals;
}

async function requireBound(api: KubernetesApi, claim: string): Promise<void> {
  const found = await api.readClaim(claim);
  if (found?.phase === 'Bound') return;
  const seen = found === null ? 'is not there' : `is ${found.phase}, not Bound`;
  throw new SafepointError(
    'HookFailed',
    `volume claim ${claim} ${seen}; start the brokers once, so that they get their volumes`,
  );
}

/**
 * Of a run before, whose restore may still be at work on the same volumes, as may the pods of a Job of ours that was called off
 * when its worker was stopped.
 */
async function removeOtherJobs({ api, signal, tell }: Steps, brokers: string, own: string[]): Promise<void> {
  const selector = `${BROKERS_LABEL}=${brokers}`;
  for (;;) {
    const all = await api.listJobs(selector);
    const going = own.filter((name) => all.some(({ metadata }) => metadata.name === name));
    const jobs = all.filter(({ metadata }) => !going.includes(metadata.name));
    const pods = (await api.listPods(selector)).filter(
      ({ metadata }) => !going.includes(metadata.labels[JOB_LABEL] ?? ''),
    );
    if (jobs.length + pods.length === 0) return;
    for (const { metadata } of jobs) await api.deleteJob(metadata.name);
    tell(`waiting for the end of ${jobs.length} Jobs and ${pods.length} pods of an earlier restore`);
    await pause(POLL_EVERY_MS, signal);
  }
}

function endOf({ status }: Job) {
  return (
    status.conditions.find(
      ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
    ) ?? null
  );
}

async function requireSuccess({ api, tell }: Steps, workload: Workload, job: string): Promise<void> {
  const log = await readJobLog(api, workload, job);
  const line = log.split('\n').find((one) => one.includes(SUCCESS));
  if (line === undefined)
    throw new SafepointError('HookFailed', `Job ${job} has ended, but not with "${SUCCESS}"${saidLast(log)}`);
  tell(`Job ${job}: ${line.trim()}`);
}

async function failureOf(api: KubernetesApi, workload: Workload, job: Job): Promise<SafepointError> {
  const end = endOf(job);
  const log = await readJobLog(api, workload, job.metadata.name);
  const why = [end?.reason, end?.message].filter((text) => text !== undefined && text !== '').join(', ');
  return new SafepointError('HookFailed', `Job ${job.metadata.name} failed: ${why}${saidLast(log)}`);
}

async function readJobLog(api: KubernetesApi, workload: Workload, job: string): Promise<string> {
  const [pod] = await api.listPods(`${JOB_LABEL}=${job}`);
  if (pod === undefined) return '';
  try {
    return await api.readLog(pod.metadata.name, brokerVolume(workload).container.name);
  } catch (error) {
    if (error instanceof SafepointError && error.code === 'HookFailed') return ''; // its container never ran
    throw error;
  }
}

function saidLast(log: string): string {
  const lines = log.trim().split('\n').slice(-LAST_LINES).join('\n');
  return lines === '' ? '; it said nothing' : `; it said last:\n${lines}`;
}

function refOf(brokers: string): WorkloadRef {
  return { kind: 'StatefulSet', name: brokers };
}
