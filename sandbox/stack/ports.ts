import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';

/**
 * Below the ports that systems hand out to outgoing connections (32768 and up): a JVM binds its port half a minute after it was
 * found free, and by then a connection may have it. The random start keeps programs that run side by side apart.
 */
const ownRange = [...portNumbers(randomInt(20_000, 30_000), 32_000)];

/** The wanted port, or a free one of 127.0.0.1 (one of `among` if given) that no other caller in this process gets. */
export async function freePort(wanted?: number, among: Iterable<number> = ownRange): Promise<number> {
  return wanted ?? (await getPort({ host: '127.0.0.1', reserve: true, port: among }));
}
