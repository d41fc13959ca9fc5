import { startPlatform, type Platform } from '../../sandbox/platform/platform.ts';
import type { Simulator } from '../../sandbox/simulator/startSimulator.ts';
import type { HookName } from '../../src/contract/hooks.ts';

/** The hooks of a simulated cluster, of which a test can replace any. */
export interface HookedPlatform extends Platform {
  /** Runs in place of the hook once; it may throw, or never end. */
  once(hook: HookName, act: () => Promise<void>): void;
}

export async function startHookedPlatform(simulator: Simulator): Promise<HookedPlatform> {
  const instead = new Map<HookName, () => Promise<void>>();
  const replaced = (hook: HookName, act: () => Promise<void>) => {
    const other = instead.get(hook);
    instead.delete(hook);
    return (other ?? act)();
  };
  const platform = await startPlatform({
    stopAll: () => replaced('stop', () => simulator.stopAll()),
    emptyBrokerData: () => undefined, // it belongs to the hook that may be replaced
    restoreBroker: (backupId) =>
      replaced('zeebeRestore', async () => {
        simulator.emptyBrokerData();
        await simulator.restoreBroker(backupId);
      }),
    startAll: () => replaced('start', () => simulator.startAll()),
  });
  return { ...platform, once: (hook, act) => void instead.set(hook, act) };
}
