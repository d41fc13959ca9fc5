import { findMissing } from './pieces.ts';
import { startStack } from './stack.ts';

/** `npm run sandbox`: starts the whole stack, prints where everything is, and stays until Ctrl-C. */
async function main(): Promise<void> {
  const missing = await findMissing();
  for (const { piece, why, install } of missing) console.error(`${piece}: ${why} Remedy: ${install}`);
  if (missing.length > 0) {
    process.exitCode = 1;
    return;
  }
  console.log('Starting the sandbox; the very first start downloads about 500 MB...');
  const started = performance.now();
  const stack = await startStack();
  const { camunda, openSearch, s3, postgres, temporal } = stack;
  console.log(`Ready after ${((performance.now() - started) / 1000).toFixed(0)} s. Data and logs: ${stack.dataDir}
Zeebe       REST ${camunda.broker.url}  gRPC ${camunda.grpcAddress}  management ${camunda.broker.managementUrl}
Operate     ${camunda.operate.url}  management ${camunda.operate.managementUrl}  login ${camunda.login.username}/${camunda.login.password}
Tasklist    ${camunda.tasklist.url}  management ${camunda.tasklist.managementUrl}  same login
OpenSearch  ${openSearch.url}  snapshot repository ${openSearch.repository}
S3          ${s3.endpoint}  bucket ${s3.bucket}  key id ${s3.accessKeyId}
PostgreSQL  ${postgres.host}:${postgres.port}  database ${postgres.database}  user ${postgres.user}
Temporal    ${temporal.address}  UI ${temporal.uiUrl}
Secrets are in the folder \`secrets\` there. Ctrl-C stops everything.`);
  await interrupted();
  console.log('Stopping...');
  await stack.stop();
}

/** Resolves at the first Ctrl-C or SIGTERM. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        clearInterval(keepAlive);
        resolve();
      });
    }
  });
}

await main();
