import type { z } from 'zod';
import type { KubernetesHooks } from '../../config/hooks.ts';
import { SafepointError } from '../../contract/errors.ts';
import { quoted, readJson, type HttpAnswer } from '../../system/http/answer.ts';
import { createHttpClient, type HttpCall } from '../../system/http.ts';
import { Claim, Job, listOf, Pod, Workload } from './schema.ts';

export type WorkloadRef = KubernetesHooks['workloads'][number];

/**
 * What the hooks ask the API server for, in one namespace. All fail with `AccessDenied` when a right is missing,
 * `EndpointUnreachable`, `UnexpectedAnswer`, `HookFailed` for what the server refuses, and with the reason of the signal.
 */
export interface KubernetesApi {
  readWorkload: (ref: WorkloadRef) => Promise<Workload>;
  /** A merge patch; `false` when the object has changed since its `resourceVersion`, which the patch must name. */
  patchWorkload: (ref: WorkloadRef, patch: object, options?: DryRun) => Promise<boolean>;
  /** `null` when there is none of that name. */
  readClaim: (name: string) => Promise<{ phase: string } | null>;
  listPods: (selector: string) => Promise<Pod[]>;
  readLog: (pod: string, container: string) => Promise<string>;
  listJobs: (selector: string) => Promise<Job[]>;
  /** One of that name that is there already is left as it is. */
  createJob: (job: object, options?: DryRun) => Promise<void>;
  /** With its pods, in the background; one that is gone is no error. */
  deleteJob: (name: string) => Promise<void>;
  close: () => Promise<void>;
}

/** The server checks and admits everything, and keeps nothing. */
export type DryRun = { dryRun: boolean };

/** Of a log; the word of a restore comes at its end. */
const LOG_LINES = 1000;

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The cluster that this worker runs in, as the service account of its pod. */
const OWN_CLUSTER: NonNullable<KubernetesHooks['api']> = {
  url: 'https://kubernetes.default.svc',
  auth: { type: 'bearer', token: { file: `${serviceAccount}/token` } },
  tls: { ca: `${serviceAccount}/ca.crt` },
};

export function createKubernetesApi(
  { api = OWN_CLUSTER, namespace }: KubernetesHooks,
  signal: AbortSignal,
): KubernetesApi {
  const http = createHttpClient('kubernetes', api);
  const core = `/api/v1/namespaces/${namespace}`;
  const batch = `/apis/batch/v1/namespaces/${namespace}`;
  const pathOf = ({ kind, name }: WorkloadRef) =>
    `/apis/apps/v1/namespaces/${namespace}/${kind === 'StatefulSet' ? 'statefulsets' : 'deployments'}/${name}`;

  /** The answer, or `null` where its status is one of `known`. */
  async function ask(call: Omit<HttpCall, 'signal'>, known: number[] = []): Promise<HttpAnswer | null> {
    const answer = await http.ask({ ...call, signal });
    if (known.includes(answer.status)) return null;
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status === 429 || answer.status >= 500)
      throw new SafepointError('EndpointUnreachable', `${describe(answer)}; it is tried again`);
    throw new SafepointError('HookFailed', describe(answer));
  }

  async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return readJson((await ask({ method: 'GET', path })) as HttpAnswer, schema);
  }

  return {
    readWorkload: (ref) => read(pathOf(ref), Workload),
    async patchWorkload(ref, patch, options) {
      const path = `${pathOf(ref)}${query(options)}`;
      return (await ask({ method: 'PATCH', path, body: JSON.stringify(patch) }, [409])) !== null;
    },
    async readClaim(name) {
      const answer = await ask({ method: 'GET', path: `${core}/persistentvolumeclaims/${name}` }, [404]);
      return answer === null ? null : readJson(answer, Claim).status;
    },
    listPods: async (selector) => (await read(`${core}/pods?${labels(selector)}`, listOf(Pod))).items,
    async readLog(pod, container) {
      const path = `${core}/pods/${pod}/log?container=${container}&tailLines=${LOG_LINES}`;
      return (await ask({ method: 'GET', path }))?.text ?? '';
    },
    listJobs: async (selector) => (await read(`${batch}/jobs?${labels(selector)}`, listOf(Job))).items,
    async createJob(job, options) {
      await ask({ method: 'POST', path: `${batch}/jobs${query(options)}`, body: JSON.stringify(job) }, [409]);
    },
    async deleteJob(name) {
      await ask({ method: 'DELETE', path: `${batch}/jobs/${name}?propagationPolicy=Background` }, [404]);
    },
    close: () => http.close(),
  };
}

function query(options?: DryRun): string {
  return options?.dryRun === true ? '?dryRun=All' : '';
}

function labels(selector: string): string {
  return `labelSelector=${encodeURIComponent(selector)}`;
}

function describe({ request, status, text }: HttpAnswer): string {
  return `${request} answered ${status}${quoted(text)}`;
}
