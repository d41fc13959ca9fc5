import { z } from 'zod';

/** Fields that Safepoint reads; a field that is absent is as Kubernetes means it. https://kubernetes.io/docs/reference/kubernetes-api/ */
const Texts = z.record(z.string(), z.string()).default({});

const ObjectMeta = z.object({
  name: z.string(),
  resourceVersion: z.string().default(''),
  generation: z.number().default(0),
  labels: Texts,
  annotations: Texts,
});

/** Taken over into a Job as it is, so nothing of it may get lost. */
export const Container = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  env: z.array(z.looseObject({ name: z.string() })).default([]),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
export type Container = z.infer<typeof Container>;

const PodSpec = z.looseObject({
  containers: z.array(Container),
  initContainers: z.array(Container).default([]),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** A StatefulSet or a Deployment. */
export const Workload = z.object({
  metadata: ObjectMeta,
  spec: z.object({
    replicas: z.number().default(1),
    serviceName: z.string().optional(),
    selector: z.object({
      matchLabels: Texts,
      matchExpressions: z
        .array(
          z.object({
            key: z.string(),
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: z.array(z.string()).default([]),
          }),
        )
        .default([]),
    }),
    template: z.object({ metadata: z.object({ labels: Texts, annotations: Texts }), spec: PodSpec }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })).default([]),
  }),
  status: z
    .object({ observedGeneration: z.number().default(0), readyReplicas: z.number().default(0) })
    .prefault({}),
});
export type Workload = z.infer<typeof Workload>;

export const Pod = z.object({
  metadata: ObjectMeta,
  status: z.object({ phase: z.string().default('Pending') }).prefault({}),
});
export type Pod = z.infer<typeof Pod>;

export const Job = z.object({
  metadata: ObjectMeta,
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type Job = z.infer<typeof Job>;

export const Claim = z.object({
  status: z.object({ phase: z.string().default('Pending') }).prefault({}),
});

export const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
