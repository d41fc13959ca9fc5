#!/usr/bin/env node
import type { CliDeps } from './cli/deps.ts';
import { EXIT } from './cli/exitCodes.ts';
import { main } from './cli/main.ts';
import { loadConfig, readConfigNames } from './config/load.ts';
import { setStoreNames } from './config/setStores.ts';
import { productVersion } from './system/version.ts';

/**
 * The `safepoint` command. What a command needs is loaded when it is needed: the client of Temporal, the SDK of a store
 * and the worker take longer to load than most commands take to run.
 */
const deps: CliDeps = {
  version: productVersion,
  stdout: process.stdout,
  stderr: process.stderr,
  loadConfig,
  readConfigNames,
  async connect() {
    const { loadTemporalConnection } = await import('./system/temporal.ts');
    const { connectBackupRuns } = await import('./cli/backupRuns.ts');
    return await connectBackupRuns(loadTemporalConnection());
  },
  async openStores(config) {
    const { createDependencies } = await import('./dependencies.ts');
    const dependencies = createDependencies(config);
    return setStoreNames(config).map((name) => dependencies.store(name));
  },
  async inspectCluster(config, cluster, options) {
    const { createDependencies } = await import('./dependencies.ts');
    const { createInspector } = await import('./activities/preflight/inspect.ts');
    const dependencies = createDependencies(config);
    try {
      return await createInspector(dependencies).inspectCluster(cluster, options);
    } finally {
      await dependencies.close();
    }
  },
  async resumeExporting(config, cluster, { force, runs }) {
    const { createDependencies } = await import('./dependencies.ts');
    const { resumeByHand } = await import('./activities/resumeByHand.ts');
    const dependencies = createDependencies(config);
    try {
      const store = dependencies.store(config.clusters[cluster]?.store ?? '');
      return await resumeByHand({ camunda: dependencies.camunda(cluster), store, runs }, cluster, force);
    } finally {
      await dependencies.close();
    }
  },
  async planRotation(config, cluster, { force, runs }) {
    const { createDependencies } = await import('./dependencies.ts');
    const { planRotation } = await import('./activities/rotation.ts');
    const dependencies = createDependencies(config);
    try {
      return await planRotation({ config, store: dependencies.store, runs }, cluster, { force });
    } finally {
      await dependencies.close();
    }
  },
  async runWorker(config) {
    const { runWorker } = await import('./worker.ts');
    await runWorker(config);
  },
  async confirm(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  },
  catchInterrupt() {
    const interrupt = new AbortController();
    process.once('SIGINT', () => {
      interrupt.abort(new Error('interrupted'));
    });
    return interrupt.signal;
  },
};

const lostOutput: Error[] = [];
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') lostOutput.push(error); // a reader that leaves early, as `head` does, has what it wants
  });
}

const exitCode = await main(process.argv.slice(2), deps);
await new Promise((written) => process.stdout.write('', written));
// Not left to the event loop: the client of Temporal goes on retrying calls that were given up, and throws from a timer.
process.exit(lostOutput.length > 0 ? EXIT.failed : exitCode);
