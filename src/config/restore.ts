import { z } from 'zod';
import { DatabaseConfig } from './databases.ts';
import { Name } from './name.ts';

export const RestoreConfig = z.strictObject({
  databases: z
    .record(Name, DatabaseConfig)
    .default({})
    .describe(
      'PostgreSQL servers that dumps are restored into, by the name under `databases`; default: the server of that name',
    ),
});
