import path from 'node:path';
import { Command, Option } from 'commander';
import { PROCEDURE_NAMES } from '../src/contract/backup.ts';
import { findMissing } from './stack/pieces.ts';
import { writeConfig } from './demo/config.ts';
import { findRun, runProduct, startWorker } from './demo/product.ts';
import { clearAway, demonstrateRestore } from './demo/restore.ts';
import { startServices, type Service } from './demo/services.ts';
import type { Temporal } from './stack/temporal.ts';

type Options = { simulated?: boolean; restore?: boolean; keep?: boolean; procedure?: string };

const options = new Command('demo')
  .description('starts a Camunda with load, takes one backup of it, and shows what was proven')
  .option('--simulated', 'a simulated Camunda 8.8 with Optimize instead of a real 8.6.0; needs no Java')
  .option(
    '--restore',
    'then destroys all data of the real Camunda, restores the backup, and counts what is back',
  )
  .option('--keep', 'leave everything running until Ctrl-C, to look around')
  .addOption(
    new Option('--procedure <name>', 'order and pause').choices(PROCEDURE_NAMES).default('sequential'),
  )
  .parse()
  .opts<Options>();

const startedMs = performance.now();
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interrupt.abort();
  });

const running: Service[] = [];

/** Started last, stopped first. */
async function stopAll(): Promise<void> {
  for (const service of running.toReversed()) await service.stop();
}

/** Waits for all, so that `running` knows whatever did start when one of them fails. */
async function allSettledOrThrow<T extends Promise<unknown>[]>(
  starts: [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(starts);
  return await Promise.all(starts);
}

function say(line: string): void {
  console.log(line);
}

async function demo(): Promise<number> {
  if (options.restore === true && options.simulated === true) {
    say('--restore needs the real Camunda: the simulated one has no data to destroy. Leave out --simulated.');
    return 2;
  }
  const ofReal = options.restore === true ? 'restore' : 'real';
  const dataDir = path.resolve('.sandbox', options.simulated === true ? 'simulated' : ofReal);
  const { startInstallation, pieces } =
    options.simulated === true ? await import('./demo/simulated.ts') : await import('./demo/real.ts');
  const missing = await findMissing(pieces);
  if (missing.length > 0) {
    for (const { piece, why, install } of missing) say(`${piece} cannot be had: ${why} Remedy: ${install}`);
    return 2;
  }
  if (options.restore === true) clearAway(dataDir);
  say(`starting Temporal, S3, PostgreSQL and Camunda below ${dataDir} ...`);
  const keep = (service: Service) => running.push(service);
  const starting = startServices(dataDir, keep);
  const [services, installation] = await allSettledOrThrow([
    starting,
    startInstallation(dataDir, starting, keep),
  ]);
  interrupt.signal.throwIfAborted();
  for (const line of installation.description) say(`  ${line}`);
  say(`  Temporal ${services.temporal.address}, UI ${services.temporal.uiUrl}`);
  say(`  PostgreSQL ${services.postgres.host}:${services.postgres.port}, S3 ${services.s3.endpoint}`);
  const { filesDir } = services.postgres;
  if (!filesDir.startsWith(dataDir))
    say(`  files of PostgreSQL: ${filesDir}, as its user cannot reach the data folder`);

  const env = {
    SAFEPOINT_CONFIG: writeConfig(dataDir, installation, services),
    TEMPORAL_ADDRESS: services.temporal.address,
    TEMPORAL_NAMESPACE: services.temporal.namespace,
  };
  running.push(await startWorker(dataDir, env, services.temporal));
  say(`ready after ${seconds()}; worker started, log in ${path.join(dataDir, 'logs', 'worker.log')}\n`);

  const runSinceIso = new Date().toISOString();
  const args = ['run', 'demo', '--wait', '--procedure', options.procedure ?? 'sequential'];
  let exitCode = await runProduct(args, env, interrupt.signal);
  if (options.restore === true && exitCode === 0)
    exitCode = await demonstrateRestore(installation, services, { env, signal: interrupt.signal, say });
  say(`\ndemo took ${seconds()}; data and logs are in ${dataDir}`);
  if (options.keep === true) await stayUntilInterrupted(services.temporal.uiUrl, env);
  else if (options.restore !== true) await sayWhereTheRunIs(services.temporal, runSinceIso);
  return exitCode;
}

/** The servers are about to stop, and Temporal keeps the run in its file. */
async function sayWhereTheRunIs(temporal: Temporal, sinceIso: string): Promise<void> {
  const workflowId = await findRun(temporal, sinceIso);
  if (workflowId === undefined) return;
  const next = `npm run demo -- --keep${options.simulated === true ? ' --simulated' : ''}`;
  say(`the run is kept: ${workflowId} will be listed in the Temporal UI of the next \`${next}\``);
}

async function stayUntilInterrupted(uiUrl: string, env: Record<string, string>): Promise<void> {
  say(
    `\neverything stays up until Ctrl-C. Look at ${uiUrl}/namespaces/default/workflows, or use another terminal:`,
  );
  say(
    `  export ${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  );
  say('  npx safepoint list; npx safepoint doctor demo; npx safepoint run demo');
  if (interrupt.signal.aborted) return;
  const stayAlive = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => {
    interrupt.signal.addEventListener('abort', resolve);
  });
  clearInterval(stayAlive);
}

function seconds(): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

try {
  process.exitCode = await demo();
} catch (error) {
  if (!interrupt.signal.aborted) console.error(error instanceof Error ? error.message : error);
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
} finally {
  await stopAll();
}
