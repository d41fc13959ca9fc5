import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../sandbox/simulator/startSimulator.ts';
import { call, until } from './support/call.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ profile: '8.8', partMs: 0, flushDelayMs: 20, loadPerSecond: 1000 });
});
afterEach(() => simulator.stop());

const positions = () => simulator.exporting().map(({ processedPosition }) => processedPosition);

describe('simulator: stopped and started', () => {
  it('refuses connections but to the search engine, and comes back at the same addresses', async () => {
    const { zeebe, restApi, optimize = '', searchEngine } = simulator.urls;

    await simulator.stopAll();
    const stopped = await Promise.allSettled(
      [zeebe, restApi, optimize].map((url) => call('GET', `${url}/actuator`)),
    );
    const search = await call('GET', searchEngine);
    await simulator.startAll();

    expect(stopped).toMatchObject(Array(3).fill({ reason: { cause: { code: 'ECONNREFUSED' } } }));
    expect(search.status).toBe(200);
    expect((await call('GET', `${zeebe}/actuator`)).status).toBe(200);
  });

  it('starts again from the cut of a Zeebe backup, and not without data', async () => {
    await call('POST', `${simulator.urls.zeebe}/actuator/backupRuntime`, { body: { backupId: 7 } });
    const [atBackup = 0] = positions();
    await until(positions, ([position = 0]) => position > atBackup + 300);
    await simulator.stopAll();
    simulator.emptyBrokerData();

    const without = await simulator.startAll().catch(String);
    const wrong = await simulator.restoreBroker('8').catch(String);
    await simulator.restoreBroker('7');
    const [restored = 0] = positions();
    await simulator.startAll();

    expect(without).toContain('the brokers have no data');
    expect(wrong).toContain('Zeebe has no backup 8');
    expect(restored).toBeLessThan(atBackup + 300);
    await until(positions, ([position = 0]) => position > restored);
  });
});
