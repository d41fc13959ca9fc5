import { z } from 'zod';
import { DatabaseConfig } from './databases.ts';
import { TRIAL_LEVELS } from '../domain/setTrial.ts';
import { Name } from './name.ts';

const DrillQuery = z.strictObject({
  database: z.string().min(1).describe('Database on the server, as PostgreSQL knows it'),
  sql: z.string().min(1).describe('One query, such as `select count(*) >= 20 from users`'),
  expect: z
    .string()
    .describe('What psql answers, exactly: fields with | in between, a line for each row; true is `t`'),
});
export type DrillQuery = z.infer<typeof DrillQuery>;

const DrillDatabaseConfig = z.strictObject({
  server: DatabaseConfig.describe(
    'A PostgreSQL server for drills alone; what a drill makes is dropped again',
  ),
  queries: z.array(DrillQuery).default([]).describe('What the restored databases must answer'),
});
export type DrillDatabaseConfig = z.infer<typeof DrillDatabaseConfig>;

export const DrillConfig = z.strictObject({
  level: z
    .enum(TRIAL_LEVELS)
    .default('indices')
    .describe('How much is restored; each includes those before it: stored, databases, indices, whole'),
  into: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Another cluster under `clusters`, for drills: its search engine takes the indices, and a drill of level whole overwrites it',
    ),
  databases: z
    .record(Name, DrillDatabaseConfig)
    .default({})
    .describe('Servers that drills restore dumps into, by the name under `databases`'),
});
