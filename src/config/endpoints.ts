import { z } from 'zod';

/** Never says what it saw: a secret written in plain must not reach a log. */
export const SecretRefSchema = z
  .union(
    [
      z.strictObject({ env: z.string().min(1).describe('Name of an environment variable') }),
      z.strictObject({
        file: z.string().min(1).describe('Path of a file; one line break at its end is dropped'),
      }),
    ],
    { error: 'a reference, {env: NAME} or {file: path}; never the secret itself' },
  )
  .describe('A secret by reference: {env: NAME} or {file: path}; read each time it is used');

const Auth = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('basic').describe('User and password'),
      username: z.string().min(1).describe('User that Safepoint logs in as'),
      password: SecretRefSchema.describe('Password of that user, {env: NAME} or {file: path}'),
    }),
    z.strictObject({
      type: z.literal('bearer').describe('A token'),
      token: SecretRefSchema.describe(
        'Token of the header `Authorization: Bearer`, {env: NAME} or {file: path}',
      ),
    }),
  ])
  .describe('How Safepoint shows who it is, {type: basic} or {type: bearer}; default: no authentication');

const Tls = z
  .strictObject({
    ca: z.string().min(1).optional().describe('PEM file of the authority; default: those of the system'),
    clientCertificate: z.string().min(1).optional().describe('PEM file; only together with clientKey'),
    clientKey: SecretRefSchema.optional().describe('PEM of the private key, by reference'),
  })
  .describe('TLS is verified always; there is no switch to turn that off');

/** Credentials have a field of their own: a URL is shown in logs, findings and errors. Slashes at the end are dropped. */
function httpUrl() {
  return z
    .url({ protocol: /^https?$/ })
    .refine((text) => {
      const url = URL.parse(text); // as the HTTP client reads it: `http:user@host` has a user too
      return !url?.username && !url?.password;
    }, 'a URL without user and password; they belong into auth')
    .overwrite((url) => url.replace(/\/+$/, ''));
}

/** One HTTP endpoint: a full base URL, and how we show who we are. */
export const Endpoint = z.strictObject({
  url: httpUrl().describe('Base URL, such as http://zeebe:9600; with the context path where there is one'),
  auth: Auth.optional(),
  tls: Tls.optional(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** The management address of a web application, and the address that stands for its users. */
export const AppEndpoint = Endpoint.extend({
  probeUrl: httpUrl()
    .optional()
    .describe(
      'What a user would open; probed through the window. Default: the health endpoint of the component',
    ),
});
export type AppEndpoint = z.infer<typeof AppEndpoint>;

/** Address of an S3-compatible store. */
export const StoreUrl = httpUrl();
