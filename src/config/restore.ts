import { z } from 'zod';
import { DatabaseConfig } from './databases.ts';
import { HooksConfig } from './hooks.ts';
import { Name } from './name.ts';

export const RestoreConfig = z.strictObject({
  hooks: HooksConfig.optional().describe(
    'Stop and start Camunda, and restore the data of Zeebe; docs/hooks.md. Default: none, and a restore is refused',
  ),
  databases: z
    .record(Name, DatabaseConfig)
    .default({})
    .describe(
      'PostgreSQL servers that dumps are restored into, by the name under `databases`; default: the server of that name',
    ),
});
