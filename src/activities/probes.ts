import type { CamundaClient } from '../camunda/port.ts';
import type { AppLatency } from '../contract/parts.ts';
import { addLatency, emptyLatency } from '../domain/latency.ts';
import { pause } from '../system/waiting.ts';

const INTERVAL_MS = 1_000;

/** Probes the web applications once a second until it is stopped, adding to what an earlier attempt has seen. */
export function startProbes(client: CamundaClient, earlier: readonly AppLatency[], signal: AbortSignal) {
  const stopped = new AbortController();
  const seen = new Map(earlier.map(({ app, latency }) => [app, latency]));
  const latencies = () => [...seen].map(([app, latency]) => ({ app, latency }));

  async function probeUntilStopped(): Promise<void> {
    const either = AbortSignal.any([signal, stopped.signal]);
    while (!either.aborted) {
      for (const { app, ok, tookMs } of await client.probeApps({ signal: either })) {
        seen.set(app, addLatency(seen.get(app) ?? emptyLatency(), { ok, tookMs }));
      }
      await pause(INTERVAL_MS, either);
    }
  }
  // A probe that breaks off must not end the capture; what was seen until then counts.
  const running = probeUntilStopped().catch(() => undefined);

  return {
    latencies,
    async stop(): Promise<AppLatency[]> {
      stopped.abort();
      await running;
      return latencies();
    },
  };
}
