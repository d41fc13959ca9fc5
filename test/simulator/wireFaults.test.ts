import { describe, expect, it } from '@jest/globals';
import {
  emptyAnswer,
  halfJson,
  problemJson,
  proxyPage,
  springError,
} from '../../sandbox/simulator/faults/answers.ts';
import { call } from './support/call.ts';
import { simulators } from './support/simulators.ts';

const start = simulators();
const body = { backupId: 1000 };

describe('simulator/faults: rules for the wire', () => {
  it('strikes as often as told, after as many as told, and counts', async () => {
    const simulator = await start({ profile: '8.6' });
    const health = `${simulator.urls.zeebe}/actuator/health`;
    const fault = simulator.faults.add({
      on: 'GET zeebe health',
      skip: 1,
      times: 2,
      answer: { status: 503 },
    });

    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await call('GET', health)).status);

    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(fault.hits()).toBe(2);
  });

  it('before the effect nothing has happened, after it everything has', async () => {
    const simulator = await start({ profile: '8.6' });
    const backups = `${simulator.urls.zeebe}/actuator/backups`;
    simulator.faults.add({ on: 'POST zeebe backup', times: 1, answer: { status: 503 } });
    simulator.faults.add({ on: 'POST zeebe backup', times: 1, when: 'after', answer: 'reset' });

    const first = await call('POST', backups, { body });
    const between = simulator.triggerCount('zeebe');
    const second = await call('POST', backups, { body }).catch((error: unknown) => error);
    const third = await call('POST', backups, { body });

    expect([first.status, between]).toEqual([503, 0]);
    expect(second).toMatchObject({ name: 'TypeError' });
    expect(third).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('latest backup has id 1000') },
    });
    expect(simulator.triggerCount('zeebe')).toBe(1);
  });

  it.each([
    ['the page of a proxy', proxyPage(502), 502, 'text/html', /<h1>502/],
    ['half JSON', halfJson(), 200, 'application/json', /COMPL$/],
    [
      'a Spring error',
      springError(500, 'Internal Server Error', '/x'),
      500,
      'application/json',
      /"path":"\/x"/,
    ],
    ['problem+json', problemJson(403, 'FORBIDDEN', 'no'), 403, 'application/problem+json', /"detail":"no"/],
    ['nothing', emptyAnswer(200), 200, null, /^$/],
  ])('answers %s', async (_, answer, status, contentType, text) => {
    const { urls, faults } = await start({ profile: '8.6' });
    faults.add({ on: '* * *', answer });

    const seen = await call('GET', `${urls.operate}/actuator/backups`);

    expect(seen.status).toBe(status);
    expect(seen.headers.get('content-type')).toBe(contentType);
    expect(seen.text).toMatch(text);
  });

  it('delays the real answer, whose effect came at once', async () => {
    const simulator = await start({ profile: '8.6' });
    simulator.faults.add({ on: 'POST zeebe pause', when: 'after', delayMs: 60_000 });
    const url = `${simulator.urls.zeebe}/actuator/exporting/pause`;

    const late = await call('POST', url, { body: {}, signal: AbortSignal.timeout(100) }).catch(
      (error: unknown) => error,
    );

    expect(late).toMatchObject({ name: 'TimeoutError' });
    expect(simulator.exporting().map(({ phase }) => phase)).toEqual(['PAUSED', 'PAUSED']);
  });

  it('hangs for ever, on one broker or one path only', async () => {
    const { urls, faults } = await start({ profile: '8.6', brokers: 2 });
    faults.add({ on: 'GET zeebe /actuator/part*', broker: 1, answer: 'hang' });
    const ask = (url = '') => call('GET', `${url}/actuator/partitions`, { signal: AbortSignal.timeout(100) });

    const first = await ask(urls.brokers[0]);
    const second = await ask(urls.brokers[1]).catch((error: unknown) => error);

    expect(first.status).toBe(200);
    expect(second).toMatchObject({ name: 'TimeoutError' });
  });

  it('brings a request a second time, and the answer to that', async () => {
    const simulator = await start({ profile: '8.8' });
    simulator.faults.add({ on: 'POST zeebe backup', twice: true });

    const seen = await call('POST', `${simulator.urls.zeebe}/actuator/backupRuntime`, { body });

    expect(seen).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('latest backup has id 1000') },
    });
    expect(simulator.triggerCount('zeebe')).toBe(1);
  });

  it('answers with what the same question got first, and as usual where it never got anything', async () => {
    const { urls, faults } = await start({ profile: '8.8', partMs: 0, transients: false });
    const backup = `${urls.zeebe}/actuator/backupRuntime/1000`;
    faults.add({ on: 'GET zeebe *', skip: 2, answer: 'stale' });
    const ask = async (url: string) => (await call('GET', url)).body;

    const first = await ask(`${urls.zeebe}/actuator/backupRuntime`);
    await call('POST', `${urls.zeebe}/actuator/backupRuntime`, { body });
    const missing = await call('GET', `${urls.zeebe}/actuator/backupRuntime/7`);
    const stale = await ask(`${urls.zeebe}/actuator/backupRuntime`);
    const fresh = await ask(backup);

    expect([first, stale, missing.status]).toEqual([[], [], 404]);
    expect(fresh).toMatchObject({ backupId: 1000 });
  });

  it('lets a body trickle in, whole in the end', async () => {
    const { urls, faults } = await start({ profile: '8.8' });
    faults.add({ on: 'GET zeebe partitions', trickleMs: 20 });
    const startedMs = performance.now();

    const seen = await call('GET', `${urls.zeebe}/actuator/partitions`);

    expect(performance.now() - startedMs).toBeGreaterThan(150);
    expect(seen).toMatchObject({ status: 200, body: { 1: { role: 'LEADER' } } });
  });

  it('ends when it is removed or all are cleared', async () => {
    const { urls, faults } = await start({ profile: '8.6' });
    const fault = faults.add({ on: 'GET zeebe health', answer: { status: 500 } });
    faults.add({ state: 'componentDown', component: 'zeebe' });
    const ask = async () => (await call('GET', `${urls.zeebe}/actuator/health`)).status;

    const both = await ask();
    fault.remove();
    const one = await ask();
    faults.clear();
    const none = await ask();

    expect([both, one, none]).toEqual([500, 503, 200]);
  });

  it('logs every request with its path and component', async () => {
    const simulator = await start({ profile: '8.8' });

    await call('POST', `${simulator.urls.zeebe}/actuator/exporting/pause?soft=true`, { body: {} });
    await call('GET', `${simulator.urls.webapps}/actuator/backupHistory`);

    expect(simulator.requests).toMatchObject([
      { method: 'POST', path: '/actuator/exporting/pause?soft=true', component: 'zeebe' },
      { method: 'GET', path: '/actuator/backupHistory', component: 'webapps' },
    ]);
  });
});
