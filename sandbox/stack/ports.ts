import getPort from 'get-port';

/** The wanted port, or a free one of 127.0.0.1 that no other caller in this process gets. */
export async function freePort(wanted?: number): Promise<number> {
  return wanted ?? (await getPort({ host: '127.0.0.1', reserve: true }));
}
