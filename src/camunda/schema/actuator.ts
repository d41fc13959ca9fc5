import { z } from 'zod';

/** `GET /actuator`: the index of what a process offers, one link per endpoint. */
export const ActuatorIndex = z.object({ _links: z.record(z.string(), z.unknown()) });

/** `GET /actuator/health`; components are shown where they are not UP. */
export const ActuatorHealth = z.object({
  status: z.string(),
  components: z.record(z.string(), z.object({ status: z.string().optional() })).optional(),
});
export type ActuatorHealth = z.infer<typeof ActuatorHealth>;

const Bean = z.object({ prefix: z.string().optional(), properties: z.unknown() });

/** `GET /actuator/configprops`: settings by bean, secrets masked. */
export const ConfigProperties = z.object({
  contexts: z.record(z.string(), z.object({ beans: z.record(z.string(), Bean).default({}) })),
});
export type ConfigProperties = z.infer<typeof ConfigProperties>;

/** Answer to a pause or resume in an envelope: HTTP 200 even when `status` says 500 (camunda-docs#8435). */
export const ExportingEnvelope = z.object({ status: z.int(), body: z.unknown() });
export type ExportingEnvelope = z.infer<typeof ExportingEnvelope>;

/** Bodies of errors: Zeebe, web applications, Optimize, problem+json, Spring, Elasticsearch and OpenSearch. */
export const ErrorBody = z.object({
  message: z.string().nullish(),
  errorMessage: z.string().nullish(),
  detailedMessage: z.string().nullish(),
  detail: z.string().nullish(),
  title: z.string().nullish(),
  path: z.string().nullish(),
  error: z
    .union([z.string(), z.object({ type: z.string().nullish(), reason: z.string().nullish() })])
    .nullish(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
