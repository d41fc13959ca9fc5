import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Labels = Record<string, string>;
type Meta = {
  name: string;
  labels?: Labels;
  annotations?: Record<string, string | null>;
  resourceVersion?: string;
  generation?: number;
};
type Selector = { matchLabels: Labels };
type WorkloadObject = {
  metadata: Meta;
  spec: { replicas: number; selector: Selector; template: { metadata: { labels: Labels } } };
  status?: { observedGeneration: number; readyReplicas: number };
};
type PodObject = { metadata: Meta; status: { phase: string }; goesAfter?: number; owner?: string };
type JobObject = {
  metadata: Meta;
  spec: { template: { metadata: { labels: Labels }; spec: { restartPolicy: string } } };
  status: { conditions: object[] };
  endsAfter: number;
};
/** What becomes of the Jobs of a broker. */
export type Fate = { end: 'Complete' | 'Failed' | 'never'; log: string };

export const TOKEN = 'token-of-the-worker';

/**
 * An API server for one namespace, with the few controllers that a restore meets, in the shapes of the documentation:
 * https://kubernetes.io/docs/reference/kubernetes-api/. Time goes by with the requests that list.
 */
export async function startKubernetes(namespace = 'camunda') {
  const world = {
    workloads: new Map<string, WorkloadObject>(), // by `statefulsets/camunda-zeebe`
    pods: new Map<string, PodObject>(),
    jobs: new Map<string, JobObject>(),
    claims: new Map<string, string>(), // phases
    /** Rights that were needed so far: `patch statefulsets` and such. */
    used: new Set<string>(),
    /** Those that the role lacks. */
    denied: new Set<string>(),
    /** How many of the next patches meet an object that has just changed. */
    conflicts: 0,
    /** Requests to answer with 500 from now on. */
    failures: 0,
    /** Replicas that never become ready. */
    neverReady: false,
    /** Pods that never end. */
    stuckPods: false,
    fateOf: (ordinal: number): Fate => ({
      end: 'Complete',
      log: `+ exec restore\nSuccessfully restored broker from backup ${ordinal}\n`,
    }),
    /** `PATCH statefulsets/camunda-zeebe`, those of dry runs with `(dry run)` at the end. */
    writes: [] as string[],
    /** Every job that was really created. */
    created: [] as JobObject[],
  };
  let version = 100;

  function add(kind: 'statefulsets' | 'deployments', object: object): void {
    const workload = structuredClone(object) as WorkloadObject;
    workload.metadata.resourceVersion = String(++version);
    workload.metadata.generation = 1;
    workload.status = { observedGeneration: 1, readyReplicas: workload.spec.replicas };
    world.workloads.set(`${kind}/${workload.metadata.name}`, workload);
    follow(workload);
  }

  /** What the controller of the workload does about its replicas. */
  function follow({ metadata: { name }, spec }: WorkloadObject): void {
    const own = [...world.pods.values()].filter(({ owner }) => owner === name);
    own.slice(spec.replicas).forEach((pod) => (pod.goesAfter ??= 2));
    for (let at = own.length; at < spec.replicas; at++) {
      const metadata = { name: `${name}-${at}`, labels: spec.template.metadata.labels };
      world.pods.set(metadata.name, { metadata, status: { phase: 'Running' }, owner: name });
    }
  }

  const fail = (status: number, reason: string, message: string) => ({
    status,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      code: status,
    },
  });
  const notFound = (what: string) => fail(404, 'NotFound', `${what} not found`);

  function patch(key: string, body: string, dryRun: boolean) {
    const workload = world.workloads.get(key);
    if (workload === undefined) return notFound(key);
    const wanted = JSON.parse(body) as { metadata?: Meta; spec?: { replicas?: number } };
    if (world.conflicts > 0) {
      world.conflicts--;
      workload.metadata.resourceVersion = String(++version);
    }
    const known = wanted.metadata?.resourceVersion;
    if (known !== undefined && known !== workload.metadata.resourceVersion)
      return fail(409, 'Conflict', `Operation cannot be fulfilled on ${key}: the object has been modified`);
    const changed = dryRun ? structuredClone(workload) : workload;
    const annotations = { ...changed.metadata.annotations, ...wanted.metadata?.annotations };
    changed.metadata.annotations = Object.fromEntries(
      Object.entries(annotations).filter(([, value]) => value !== null),
    );
    if (wanted.spec?.replicas !== undefined && wanted.spec.replicas !== changed.spec.replicas) {
      changed.spec.replicas = wanted.spec.replicas;
      changed.metadata.generation = (changed.metadata.generation ?? 0) + 1;
    }
    if (!dryRun) {
      workload.metadata.resourceVersion = String(++version);
      follow(workload);
    }
    return { status: 200, body: changed };
  }

  /** One step of the controller of the workload, each time somebody looks. */
  function read(key: string) {
    const workload = world.workloads.get(key);
    if (workload?.status === undefined) return notFound(key);
    const seen = structuredClone(workload);
    workload.status.observedGeneration = workload.metadata.generation ?? 0;
    const missing = workload.spec.replicas - workload.status.readyReplicas;
    if (!world.neverReady || missing < 0) workload.status.readyReplicas += Math.sign(missing);
    return { status: 200, body: seen };
  }

  function listPods(selector: string) {
    for (const [name, pod] of world.pods)
      if (pod.goesAfter !== undefined && !world.stuckPods && pod.goesAfter-- <= 0) world.pods.delete(name);
    return { status: 200, body: { kind: 'PodList', items: [...world.pods.values()].filter(by(selector)) } };
  }

  function listJobs(selector: string) {
    for (const job of world.jobs.values()) {
      const { end } = world.fateOf(ordinalOf(job.metadata.name));
      if (end === 'never' || job.endsAfter-- > 0) continue;
      const reason = end === 'Failed' ? { reason: 'BackoffLimitExceeded', message: 'it failed' } : {};
      job.status.conditions = [
        { type: end === 'Failed' ? 'FailureTarget' : 'SuccessCriteriaMet', status: 'True' },
        { type: end, status: 'True', ...reason },
      ];
      const pod = world.pods.get(`${job.metadata.name}-x7k2p`);
      if (pod !== undefined) pod.status.phase = end === 'Failed' ? 'Failed' : 'Succeeded';
    }
    return { status: 200, body: { kind: 'JobList', items: [...world.jobs.values()].filter(by(selector)) } };
  }

  function createJob(body: string, dryRun: boolean) {
    const job = JSON.parse(body) as JobObject;
    const { name } = job.metadata;
    if (world.jobs.has(name)) return fail(409, 'AlreadyExists', `jobs.batch "${name}" already exists`);
    if (!['Never', 'OnFailure'].includes(job.spec.template.spec.restartPolicy))
      return fail(422, 'Invalid', `Job.batch "${name}" is invalid: spec.template.spec.restartPolicy`);
    if (dryRun) return { status: 201, body: job };
    const made = { ...job, status: { conditions: [] }, endsAfter: 1 };
    world.jobs.set(name, made);
    world.created.push(made);
    const pod = `${name}-x7k2p`;
    const metadata = { name: pod, labels: job.spec.template.metadata.labels };
    world.pods.set(pod, { metadata, status: { phase: 'Running' }, owner: name });
    return { status: 201, body: job };
  }

  function deleteJob(name: string, policy: string | null) {
    if (!world.jobs.delete(name)) return notFound(`jobs.batch "${name}"`);
    for (const pod of world.pods.values())
      if (pod.owner === name && policy === 'Background') pod.goesAfter ??= 1;
    return { status: 200, body: { kind: 'Status', status: 'Success' } };
  }

  function readLog(pod: string, container: string | null) {
    if (!world.pods.has(pod)) return notFound(`pods "${pod}"`);
    if (container !== 'zeebe') return fail(400, 'BadRequest', `container ${container ?? ''} is not valid`);
    return { status: 200, body: world.fateOf(ordinalOf(pod)).log };
  }

  function answer(request: IncomingMessage, body: string): { status: number; body: object | string } {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return fail(401, 'Unauthorized', 'Unauthorized');
    const match = new RegExp(`^/(?:api/v1|apis/(?:apps|batch)/v1)/namespaces/${namespace}/(.+)$`).exec(
      pathname,
    );
    const [resource = '', name = '', sub = ''] = match?.[1]?.split('/') ?? [];
    const dryRun = searchParams.get('dryRun');
    if (dryRun !== null && dryRun !== 'All') return fail(400, 'BadRequest', `Invalid value: "${dryRun}"`);
    const verb = { GET: name === '' ? 'list' : 'get', PATCH: 'patch', POST: 'create', DELETE: 'delete' }[
      request.method ?? ''
    ];
    const right = `${verb ?? ''} ${resource}${sub === '' ? '' : `/${sub}`}`;
    world.used.add(right);
    if (world.denied.has(right))
      return fail(
        403,
        'Forbidden',
        `User "system:serviceaccount:safepoint" cannot ${right} in "${namespace}"`,
      );
    if (world.failures > 0) {
      world.failures--;
      return fail(500, 'InternalError', 'etcdserver: leader changed');
    }
    if (request.method !== 'GET')
      world.writes.push(`${request.method ?? ''} ${resource}/${name}${dryRun === null ? '' : ' (dry run)'}`);
    if (verb === 'patch' && request.headers['content-type'] !== 'application/merge-patch+json')
      return fail(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format');
    const selector = searchParams.get('labelSelector') ?? '';
    switch (right) {
      case 'get statefulsets':
      case 'get deployments':
        return read(`${resource}/${name}`);
      case 'patch statefulsets':
      case 'patch deployments':
        return patch(`${resource}/${name}`, body, dryRun !== null);
      case 'list pods':
        return listPods(selector);
      case 'get pods/log':
        return readLog(name, searchParams.get('container'));
      case 'list jobs':
        return listJobs(selector);
      case 'create jobs':
        return createJob(body, dryRun !== null);
      case 'delete jobs':
        return deleteJob(name, searchParams.get('propagationPolicy'));
      case 'get persistentvolumeclaims': {
        const phase = world.claims.get(name);
        return phase === undefined ? notFound(name) : { status: 200, body: { status: { phase } } };
      }
      default:
        return notFound(pathname);
    }
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body } = answer(request, Buffer.concat(chunks).toString());
      const isText = typeof body === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
      response.end(isText ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world,
    add,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ordinalOf(name: string): number {
  return Number(/-(\d+)(?:-x7k2p)?$/.exec(name)?.[1]);
}

/** Equality and `notin`, which is what the selectors of the tests have. */
function by(selector: string): (object: { metadata: Meta }) => boolean {
  const terms = selector.split(/,(?![^(]*\))/).filter((term) => term !== '');
  return ({ metadata: { labels = {} } }) =>
    terms.every((term) => {
      const [, key = '', values = ''] = /^(\S+) notin \((.*)\)$/.exec(term) ?? [];
      if (key !== '') return !values.split(',').includes(labels[key] ?? '');
      const [name = '', value] = term.split('=');
      return labels[name] === value;
    });
}
