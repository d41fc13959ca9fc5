import { afterEach } from '@jest/globals';
import type { SimulatorOptions } from '../../../sandbox/simulator/options.ts';
import { startSimulator, type Simulator } from '../../../sandbox/simulator/startSimulator.ts';

/** A simulator for one test; stopped after it. */
export function simulators(): (options: SimulatorOptions) => Promise<Simulator> {
  const started: Simulator[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((simulator) => simulator.stop()));
  });
  return async (options) => {
    const simulator = await startSimulator(options);
    started.push(simulator);
    return simulator;
  };
}
