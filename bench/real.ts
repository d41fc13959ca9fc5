import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { writeConfig } from '../sandbox/demo/config.ts';
import { startWorker } from '../sandbox/demo/product.ts';
import { pieces, startInstallation } from '../sandbox/demo/real.ts';
import { startServices } from '../sandbox/demo/services.ts';
import { findMissing } from '../sandbox/stack/pieces.ts';
import { PROCEDURE_NAMES, type ProcedureName } from '../src/contract/backup.ts';
import { withFolder } from './place.ts';
import { runPageScript, type ScriptRun } from './pageScript.ts';
import { describeComparison } from './realRows.ts';
import { takeBackup, type Run } from './runs.ts';
import type { Row } from './table.ts';

const rounds = 2;

/** Each procedure and the page as a script, by turns on one real Camunda 8.6.0 under steady load. */
export async function measureReal(): Promise<Row[]> {
  const missing = await findMissing(pieces);
  if (missing.length > 0) throw new Error(missing.map(({ why, install }) => `${why} ${install}`).join('; '));
  return await withFolder(async (dataDir, keep) => {
    const keepIt = (service: { stop(): Promise<unknown> }) => void keep(service);
    const starting = startServices(dataDir, keepIt);
    const installing = startInstallation(dataDir, starting, keepIt);
    await Promise.allSettled([starting, installing]); // what did start is kept, and stopped, when the other one fails
    const [services, installation] = await Promise.all([starting, installing]);
    const { temporal, postgres } = services;
    const env = {
      SAFEPOINT_CONFIG: writeConfig(dataDir, installation, services),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
    };
    await keep(startWorker(dataDir, env, temporal));
    const connection = await Connection.connect({ address: temporal.address });
    await keep({ stop: () => connection.close() });
    const client = new Client({ connection, namespace: temporal.namespace });

    const dump = path.join(dataDir, 'dump.psql');
    await takeBackup(client, { cluster: 'demo' }); // everything has been loaded once
    const scripts: ScriptRun[] = [];
    const runs: { procedure: ProcedureName; run: Run }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      scripts.push(await runPageScript(installation.urls, postgres, dump));
      for (const procedure of PROCEDURE_NAMES)
        runs.push({ procedure, run: await takeBackup(client, { cluster: 'demo', procedure }) });
    }
    return describeComparison(scripts, runs);
  });
}
