import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type LateTrigger = { url: string; stop: () => void };

/** The management address of an application, where a backup is triggered only when `ready` says so. */
export async function startLateTrigger(
  target: string,
  ready: (backupId: string) => Promise<void>,
): Promise<LateTrigger> {
  const server = createServer((incoming, answer) => {
    const { method = 'GET', url = '' } = incoming;
    const forward = async () => {
      const body = await text(incoming);
      if (method === 'POST') await ready(String((JSON.parse(body) as { backupId: number }).backupId));
      const headers = { 'content-type': 'application/json' };
      const seen = await fetch(target + url, { method, headers, ...(body !== '' && { body }) });
      answer.writeHead(seen.status, headers).end(await seen.text());
    };
    forward().catch((error: unknown) => answer.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
