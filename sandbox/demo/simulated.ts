import { startSimulator } from '../simulator/startSimulator.ts';
import type { PieceName } from '../stack/pieces.ts';
import type { Installation } from './installation.ts';
import type { Service } from './services.ts';

export const pieces: PieceName[] = ['temporal', 's3', 'postgres'];

/** A simulated Camunda 8.8 with Optimize, which needs no Java: parts take a moment, the engine writes records. */
export async function startInstallation(
  _dataDir: string,
  _services: unknown,
  keep: (service: Service) => void,
): Promise<Installation> {
  const simulator = await startSimulator({
    profile: '8.8',
    partMs: 1_000,
    loadPerSecond: 200,
    flushDelayMs: 500,
  });
  keep(simulator);
  return {
    urls: simulator.urls,
    settings: { exporter: { flushDelay: '1 s' } },
    description: [`Camunda 8.8 with Optimize, simulated: ${simulator.urls.zeebe}`],
  };
}
