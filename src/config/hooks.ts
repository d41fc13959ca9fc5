import { z } from 'zod';
import { duration } from './duration.ts';
import { Endpoint, SecretRefSchema } from './endpoints.ts';

function commandHook(what: string, timeout: string) {
  return z
    .strictObject({
      command: z
        .array(z.string().min(1))
        .min(1)
        .describe('Program and arguments, without a shell; no secrets, anybody on the machine can read them'),
      env: z
        .record(z.string().regex(/^[A-Za-z_]\w*$/), SecretRefSchema)
        .default({})
        .describe('Secrets that it gets, by the names of their variables'),
      timeout: duration(timeout).describe('It is ended with all that it started when it takes longer'),
    })
    .optional()
    .describe(what);
}

/** Names of Kubernetes go into paths of its API. */
const KubernetesName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'a name of Kubernetes: lower-case letters, digits, dashes and dots',
  );

export const KubernetesHooks = z.strictObject({
  api: Endpoint.optional().describe(
    'Address of the API server; default: the one of the cluster that the worker runs in, as its service account',
  ),
  namespace: KubernetesName.describe('Namespace of Camunda'),
  workloads: z
    .array(
      z.strictObject({
        kind: z.enum(['StatefulSet', 'Deployment']).describe('What it is'),
        name: KubernetesName.describe('Its name'),
      }),
    )
    .min(1)
    .describe('Everything that must not run during a restore: brokers, gateway, web applications, Optimize'),
  brokers: KubernetesName.describe('Name of the StatefulSet of the brokers; it is one of the workloads'),
  apply: z
    .boolean()
    .default(false)
    .describe('false: only shown, checked by a dry run on the server, and a restore is refused'),
  timeout: duration('1 h').describe('For each of stop, the restore of Zeebe, and start'),
});
export type KubernetesHooks = z.infer<typeof KubernetesHooks>;

/** Which of the two ways it is, and that it is whole, is checked in `hookChecks.ts`. */
export const HooksConfig = z.strictObject({
  stop: commandHook('Stops all of Camunda', '10 m'),
  zeebeRestore: commandHook('Restores the data of every broker from the backup of Zeebe', '1 h'),
  start: commandHook('Starts all of Camunda', '10 m'),
  kubernetes: KubernetesHooks.optional().describe(
    'Instead of the three commands: Safepoint asks the API server of Kubernetes',
  ),
});
export type HooksConfig = z.infer<typeof HooksConfig>;
export type CommandHook = NonNullable<HooksConfig['stop']>;
