import type { CamundaClient } from '../camunda/port.ts';
import type { AppLatency } from '../contract/parts.ts';
import { addLatency, emptyLatency } from '../domain/latency.ts';
import { pause } from '../system/waiting.ts';

const INTERVAL_MS = 1_000;
const LAST_PROBE_MS = 2_000;

/** Probes the web applications once a second until it is stopped, adding to what an earlier attempt has seen. */
export function startProbes(
  client: Pick<CamundaClient, 'probeApps'>,
  earlier: readonly AppLatency[],
  signal: AbortSignal,
) {
  const stopped = new AbortController(); // ends the waiting between two probes
  const gaveUp = new AbortController(); // ends a probe that is under way
  const seen = new Map(earlier.map(({ app, latency }) => [app, latency]));
  const latencies = () => [...seen].map(([app, latency]) => ({ app, latency }));

  async function probeUntilStopped(): Promise<void> {
    while (!stopped.signal.aborted && !signal.aborted) {
      const probes = await client.probeApps({ signal: AbortSignal.any([signal, gaveUp.signal]) });
      for (const { app, ok, tookMs } of probes)
        seen.set(app, addLatency(seen.get(app) ?? emptyLatency(), { ok, tookMs }));
      await pause(INTERVAL_MS, AbortSignal.any([signal, stopped.signal]));
    }
  }
  // A probe that breaks off must not end the capture; what was seen until then counts.
  const running = probeUntilStopped().catch(() => undefined);

  return {
    latencies,
    /** Lets a probe that is under way come in: the slow ones are those that matter. */
    async stop(): Promise<AppLatency[]> {
      stopped.abort();
      const timer = setTimeout(() => {
        gaveUp.abort();
      }, LAST_PROBE_MS);
      await running;
      clearTimeout(timer);
      return latencies();
    },
  };
}
