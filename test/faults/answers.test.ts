import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { emptyAnswer, halfJson, proxyPage } from '../../sandbox/simulator/faults/answers.ts';
import type { FaultTarget, WireFault } from '../../sandbox/simulator/faults/wireFault.ts';
import type { TcpProxy } from '../support/tcpProxy.ts';
import { expectComplete, expectSound } from './expectSound.ts';
import { isFull } from './extent.ts';
import { startRig, type Rig, type RigCluster } from './rig.ts';
import { endOf } from './runs.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 180_000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

const POSTS = [
  'POST zeebe pause',
  'POST zeebe backup',
  'POST webapps backup',
  'POST optimize backup',
  'PUT searchEngine snapshot',
  'POST zeebe resume',
] as const satisfies FaultTarget[];

const GETS = [
  'GET zeebe status',
  'GET webapps status',
  'GET optimize status',
  'GET searchEngine /_snapshot/camunda/camunda_zeebe_records_*', // and those that follow: preflight asks them too
  'GET zeebe partitions',
] as const satisfies FaultTarget[];

describe('faults/answers: the answer to one request is lost after its effect, or the request before it', () => {
  const cases = [
    ...POSTS.map((on) => ({ on, profile: '8.8' as const })),
    ...(['POST operate backup', 'POST tasklist backup'] as const).map((on) => ({
      on,
      profile: '8.6' as const,
    })),
  ].flatMap((each) => [
    { ...each, when: 'after' as const },
    { ...each, when: 'before' as const },
  ]);

  it.concurrent.each(cases)(
    '$on, $when the effect: one set, complete, nothing triggered twice',
    async ({ on, when, profile }) => {
      const cluster = await rig.open({ simulator: { profile } });
      const fault = cluster.simulator.faults.add({ on, when, answer: 'reset', times: 1 });

      const end = await cluster.run();

      expectComplete(end);
      expect(fault.hits()).toBe(1);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  const removals = (['zeebe', 'webapps', 'optimize', 'searchEngine'] as const).flatMap((component) => [
    { component, when: 'after' as const },
    { component, when: 'before' as const },
  ]);

  it.concurrent.each(removals)(
    'DELETE $component in the clean-up of a lost set, $when the effect: it is gone, and the next set is complete',
    async ({ component, when }) => {
      const cluster = await rig.open();
      const failing = cluster.simulator.faults.add({ state: 'partFails', part: 'zeebe-records', times: 1 });
      const fault = cluster.simulator.faults.add({
        on: `DELETE ${component} *`,
        when,
        answer: 'reset',
        times: 1,
      });

      const end = await cluster.run();

      expectComplete(end);
      expect([failing, fault].map((each) => each.hits())).toEqual([1, 1]);
      expect(await expectSound(cluster, { triggers: 2 })).toMatchObject([
        { state: 'failed' },
        { state: 'complete' },
      ]);
    },
    TIMEOUT_MS,
  );
});

describe('faults/answers: answers that are none', () => {
  const kinds: { what: string; fault: Omit<WireFault, 'on'> }[] = [
    { what: 'the page of a proxy with 502', fault: { answer: proxyPage(502) } },
    { what: '503 without a body', fault: { answer: emptyAnswer(503) } },
    {
      what: 'the page of a proxy with 504, after the effect',
      fault: { when: 'after', answer: proxyPage(504) },
    },
    { what: 'half a JSON', fault: { answer: halfJson() } },
    { what: 'half a JSON, after the effect', fault: { when: 'after', answer: halfJson() } },
    { what: 'HTML with 200', fault: { answer: { ...proxyPage(502), status: 200 } } },
    {
      what: 'HTML with 200, after the effect',
      fault: { when: 'after', answer: { ...proxyPage(502), status: 200 } },
    },
    { what: 'an empty body with 200', fault: { answer: emptyAnswer(200) } },
    { what: 'a redirect', fault: { answer: emptyAnswer(302) } },
    {
      what: 'good JSON under the type of HTML',
      fault: { answer: { status: 200, text: '{"status":204,"snapshots":[]}', contentType: 'text/html' } },
    },
    { what: 'JSON of another shape', fault: { answer: { status: 200, json: [{ alive: true }] } } },
    { what: 'a body that trickles in', fault: { trickleMs: 60 } },
    { what: 'a cut connection', fault: { answer: 'reset' } },
  ];
  const moments: { at: string; on: readonly FaultTarget[] }[] = isFull
    ? [...POSTS, ...GETS].map((on) => ({ at: on, on: [on] }))
    : [{ at: 'every request of the window', on: [...POSTS, ...GETS] }];
  const cases = moments.flatMap(({ at, on }) => kinds.map((kind) => ({ at, on, ...kind })));

  it.concurrent.each(cases)(
    '$what, once for $at: costs time and nothing else',
    async ({ on, fault }) => {
      const cluster = await rig.open();
      const { faults } = cluster.simulator;
      const early = on.filter((each) => !/records|partitions/.test(each));
      const armed = early.map((each) => faults.add({ on: each, times: 1, ...fault }));

      const handle = await cluster.start();
      await untilPaused(cluster);
      for (const each of on.slice(early.length)) armed.push(faults.add({ on: each, times: 1, ...fault }));
      const end = await endOf(handle);

      expectComplete(end);
      expect(armed.map((each, index) => [on[index], each.hits()])).toEqual(on.map((each) => [each, 1]));
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

describe('faults/answers: a component behind a failing proxy for 4 s', () => {
  const storms = [
    { component: 'zeebe', status: 502 },
    { component: 'webapps', status: 503 },
    { component: 'optimize', status: 504 },
    { component: 'searchEngine', status: 503 },
    { component: 'restApi', status: 502 },
    { component: '*', status: 504 },
  ] as const;

  it.concurrent.each(storms)(
    '$component answers $status as soon as exporting is paused: the backup is complete, a little later',
    async ({ component, status }) => {
      const cluster = await rig.open();
      const handle = await cluster.start();
      await untilPaused(cluster);

      const hits = await storm(cluster, `* ${component} *`, status);
      const end = await endOf(handle);

      expectComplete(end);
      expect(hits).toBeGreaterThan(0);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it.concurrent.each([
    { when: 'as the run begins', first: 'GET restApi topology' },
    { when: 'as exporting is resumed and the set verified', first: 'POST zeebe resume' },
  ] as const)(
    'all of them answer 502 $when: the backup is complete, a little later',
    async ({ first }) => {
      const cluster = await rig.open();
      const begin = cluster.simulator.faults.add({ on: first, answer: proxyPage(502), times: 1 });
      const handle = await cluster.start();
      await until('it begins', () => begin.hits() === 1);

      const hits = await storm(cluster, '* * *', 502);
      const end = await endOf(handle);

      expectComplete(end);
      expect(hits).toBeGreaterThan(0);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

/** How many requests it met. */
async function storm({ simulator }: RigCluster, on: FaultTarget, status: number): Promise<number> {
  const fault = simulator.faults.add({ on, answer: proxyPage(status) });
  await sleep(4_000);
  fault.remove();
  return fault.hits();
}

describe('faults/answers: a bad network between the worker and every process', () => {
  it.concurrent.each([
    { what: 'cuts the connection', suffer: (proxy: TcpProxy) => proxy.cut() },
    { what: 'lets 40 bytes of the answer through', suffer: truncateAfter(40) },
    { what: 'lets half a body through', suffer: truncateAfter(250) },
    {
      what: 'is slow for 2 s',
      suffer: (proxy: TcpProxy) => {
        proxy.suffer({ delayMs: 300 });
        setTimeout(() => {
          proxy.heal();
        }, 2_000);
      },
    },
  ])(
    'it $what in every request of the window, which are carried out: costs time and nothing else',
    async ({ suffer }) => {
      const cluster = await rig.open({ proxied: true });
      const early = [...POSTS, ...GETS.slice(0, 3)].map((on) => strikeOnce(cluster, on, suffer));
      const handle = await cluster.start();
      await untilPaused(cluster);
      const late = GETS.slice(3).map((on) => strikeOnce(cluster, on, suffer));

      await Promise.all([...early, ...late]);
      const end = await endOf(handle);

      expectComplete(end);
      expect(await expectSound(cluster)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

function truncateAfter(afterBytes: number) {
  return (proxy: TcpProxy) => {
    proxy.suffer({ truncate: { direction: 'toClient', afterBytes, times: 1 } });
  };
}

/** Lets the network fail once the request has arrived and before it is carried out. */
async function strikeOnce(
  cluster: RigCluster,
  on: FaultTarget,
  suffer: (proxy: TcpProxy) => void,
): Promise<void> {
  const held = cluster.holdOnce(on);
  await held.reached();
  const component = on.split(' ')[1] as 'zeebe' | 'webapps' | 'optimize' | 'searchEngine';
  const proxy = cluster.proxies.get(cluster.simulator.urls[component] ?? '');
  if (proxy === undefined) throw new Error(`no proxy of ${component}`);
  suffer(proxy);
  held.letGo();
}

async function untilPaused(cluster: RigCluster): Promise<void> {
  await until('exporting is paused', () => cluster.phases().every((phase) => phase !== 'EXPORTING'), 20_000);
}
