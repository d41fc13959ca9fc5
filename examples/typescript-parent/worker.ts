import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities.ts';

const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] });
const worker = await Worker.create({
  connection,
  taskQueue: 'deployments-typescript',
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
  activities,
});
await worker.run(); // until SIGTERM
await connection.close();
