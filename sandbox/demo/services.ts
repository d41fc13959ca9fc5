import path from 'node:path';
import { startPostgres, type Postgres } from '../stack/postgres.ts';
import { startSeaweed, type Seaweed } from '../stack/seaweed.ts';
import { startTemporal, type Temporal } from '../stack/temporal.ts';

/** Something that runs until it is stopped. */
export type Service = { stop(): Promise<unknown> };

/** What every demo needs beside Camunda: Temporal, an S3 store, and PostgreSQL with the data of a Web Modeler. */
export type Services = { temporal: Temporal; s3: Seaweed; postgres: Postgres };

/** `keep` is told of each service as soon as it runs. */
export async function startServices(dataDir: string, keep: (service: Service) => void): Promise<Services> {
  const kept = async <T extends Service>(starting: Promise<T>): Promise<T> => {
    const service = await starting;
    keep(service);
    return service;
  };
  const [temporal, s3, postgres] = await Promise.all([
    kept(startTemporal({ dataDir, dbFilename: path.join(dataDir, 'temporal.db') })),
    kept(startSeaweed({ dataDir })),
    kept(startPostgres({ dataDir })),
  ]);
  return { temporal, s3, postgres };
}
