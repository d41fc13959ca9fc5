import { z } from 'zod';

export const SecretRefSchema = z
  .union([
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ file: z.string().min(1) }),
  ])
  .describe('A secret by reference: {env: NAME} or {file: path}; read when it is used');

const Auth = z
  .union([
    z.strictObject({ type: z.literal('basic'), username: z.string().min(1), password: SecretRefSchema }),
    z.strictObject({ type: z.literal('bearer'), token: SecretRefSchema }),
  ])
  .describe('Default: no authentication');

const Tls = z
  .strictObject({
    ca: z.string().optional().describe('PEM file of the authority; default: those of the system'),
    clientCertificate: z.string().optional().describe('PEM file'),
    clientKey: SecretRefSchema.optional().describe('PEM of the private key, by reference'),
  })
  .describe('TLS is verified always; there is no switch to turn that off');

/** One HTTP endpoint: a full base URL, and how we show who we are. */
export const Endpoint = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Base URL without a trailing slash, such as http://zeebe:9600'),
  auth: Auth.optional(),
  tls: Tls.optional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** The user-facing address of a web application, probed while the window is open. */
export const AppEndpoint = Endpoint.extend({
  probeUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('What a user would open; probed through the window. Default: the health endpoint of the component'),
});
export type AppEndpoint = z.infer<typeof AppEndpoint>;
