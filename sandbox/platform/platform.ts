import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { Camunda } from '../stack/camunda.ts';

/** What starts and stops the processes of the sandbox, as Kubernetes or systemd does at an operator's. */
export interface Platform {
  /** `restore` of a cluster for its config: three hooks that ask this platform. */
  hooks: Record<'stop' | 'zeebeRestore' | 'start', { command: string[] }>;
  /** What was asked for, in its order. */
  asked(): string[];
  stop(): Promise<void>;
}

const Call = z.object({ hook: z.enum(['stop', 'zeebeRestore', 'start']), backupId: z.string() });

/** What a platform can do with an installation, the real one or a simulated one. */
export type Applications = Pick<Camunda, 'stopAll' | 'startAll' | 'emptyBrokerData'> & {
  restoreBroker(backupId: string): Promise<void>;
};

const program = path.join(import.meta.dirname, 'hook.ts');

/** The processes belong to the process that started them, so the hooks of a worker reach them by HTTP. */
export async function startPlatform(camunda: Applications): Promise<Platform> {
  const asked: string[] = [];
  const acts = {
    stop: () => camunda.stopAll(),
    zeebeRestore: async (backupId: string) => {
      camunda.emptyBrokerData();
      await camunda.restoreBroker(backupId);
    },
    start: () => camunda.startAll(),
  };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { hook, backupId } = Call.parse(await json(request));
      asked.push(hook);
      await acts[hook](backupId);
      response.end(`${hook}: done\n`);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hook = { command: [process.execPath, program, url] };
  return {
    hooks: { stop: hook, zeebeRestore: hook, start: hook },
    asked: () => [...asked],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
