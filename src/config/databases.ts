import { z } from 'zod';
import { SecretRefSchema } from './endpoints.ts';

export const DatabaseConfig = z.strictObject({
  host: z.string().min(1).describe('Host of the PostgreSQL server'),
  port: z.int().min(1).max(65535).default(5432).describe('Port of the PostgreSQL server'),
  user: z
    .string()
    .min(1)
    .describe('Needs the rights of pg_dumpall: a superuser, or one that reads everything'),
  password: SecretRefSchema.describe('Password of that user, {env: NAME} or {file: path}'),
  binDir: z.string().min(1).optional().describe('Folder of pg_dumpall and psql; default: PATH'),
  sslMode: z
    .enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full'])
    .default('prefer')
    .describe('TLS to the server, in the words of libpq; only the two verify modes check who answers'),
  sslRootCert: z.string().min(1).optional().describe('PEM file of the authority, for the two verify modes'),
});
export type DatabaseConfig = z.infer<typeof DatabaseConfig>;
