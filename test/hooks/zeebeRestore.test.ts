import { describe, expect, it } from '@jest/globals';
import { brokersOf } from './brokers.ts';
import { until } from './hookPrograms.ts';
import { kubernetesFixture } from './kubernetesFixture.ts';

const kubernetes = kubernetesFixture();

describe('hooks/kubernetes: zeebeRestore', () => {
  it('restores every broker by a Job of its own, proven by its log, and removes the Jobs', async () => {
    await kubernetes.stopped();

    const output = await kubernetes.run('zeebeRestore');

    expect(kubernetes.world.created).toHaveLength(3);
    expect(kubernetes.world.jobs.size).toBe(0);
    expect(output).toMatch(/-0: Successfully restored broker from backup 0\n/);
    expect(output).toMatch(/-2: Successfully restored broker from backup 2\n/);
  });

  it('run again after a worker that died, goes on with the Jobs that are there', async () => {
    await kubernetes.stopped();
    let isOver = false;
    const fate = kubernetes.world.fateOf;
    kubernetes.world.fateOf = (ordinal) => (isOver ? fate(ordinal) : { end: 'never', log: '' });
    const lines: string[] = [];
    // Nothing that the first attempt could still do reaches the server, as if its process was gone.
    kubernetes.world.denied.add('delete jobs');
    const died = new AbortController();
    const first = kubernetes.run('zeebeRestore', { signal: died.signal, lines }).catch(() => 'gone');
    await until(() => lines.includes('0 of 3 brokers: the restore is over'));
    died.abort();
    await first;
    kubernetes.world.denied.clear();
    isOver = true;

    await kubernetes.run('zeebeRestore');

    expect(kubernetes.world.created).toHaveLength(3);
    expect(kubernetes.world.jobs.size).toBe(0);
  });

  it('fails with what the restore said last, and leaves its Jobs to be looked at', async () => {
    await kubernetes.stopped();
    const fate = kubernetes.world.fateOf;
    kubernetes.world.fateOf = (ordinal) =>
      ordinal === 1 ? { end: 'Failed', log: 'No valid backup found with id 1042\n' } : fate(ordinal);

    await expect(kubernetes.run('zeebeRestore')).rejects.toMatchObject({
      code: 'HookFailed',
      message: expect.stringMatching(
        /^hook zeebeRestore of prod: Job safepoint-restore-1042-.{8}-1 failed: BackoffLimitExceeded, it failed; it said last:\nNo valid backup found with id 1042$/,
      ),
    });

    expect(kubernetes.world.jobs.size).toBe(3);
  });

  it('does not believe a Job that ends well without the words of a restore', async () => {
    await kubernetes.stopped();
    kubernetes.world.fateOf = () => ({ end: 'Complete', log: 'exec broker\n' });

    await expect(kubernetes.run('zeebeRestore')).rejects.toThrow(
      /has ended, but not with "Successfully restored.*exec broker/s,
    );
  });

  it('removes the Jobs of an earlier run, and waits for the end of their pods, before it begins', async () => {
    await kubernetes.stopped();
    kubernetes.world.fateOf = () => ({ end: 'Failed', log: '' });
    await expect(kubernetes.run('zeebeRestore', { call: { runId: 'run-6' } })).rejects.toThrow(
      /it said nothing$/,
    );
    const earlier = kubernetes.world.created.map(({ metadata }) => metadata.name);
    kubernetes.world.fateOf = (ordinal) => ({
      end: 'Complete',
      log: `Successfully restored broker from backup ${ordinal}`,
    });

    const output = await kubernetes.run('zeebeRestore');

    expect(output).toMatch(/^waiting for the end of 3 Jobs and 3 pods of an earlier restore\n/);
    expect(kubernetes.world.created.map(({ metadata }) => metadata.name).slice(3)).not.toEqual(earlier);
    expect(kubernetes.world.writes.lastIndexOf(`DELETE jobs/${earlier[2] ?? ''}`)).toBeLessThan(
      kubernetes.world.writes.lastIndexOf('POST jobs/'),
    );
  });

  it('ends its Jobs when it is cancelled', async () => {
    await kubernetes.stopped();
    const succeed = kubernetes.world.fateOf;
    kubernetes.world.fateOf = () => ({ end: 'never', log: '' });
    const cancel = new AbortController();
    const lines: string[] = [];

    const running = kubernetes
      .run('zeebeRestore', { signal: cancel.signal, lines })
      .catch((error: unknown) => error);
    await until(() => lines.includes('0 of 3 brokers: the restore is over'));
    cancel.abort(new Error('cancelled'));

    expect(await running).toMatchObject({ message: 'cancelled' });
    expect(kubernetes.world.jobs.size).toBe(0);

    // As after a worker that was told to stop: the next attempt is of the same run, and its Jobs have the same names.
    kubernetes.world.fateOf = succeed;
    kubernetes.world.stuckPods = true;
    const again = kubernetes.run('zeebeRestore', { lines });
    await until(() =>
      lines.includes('waiting for the end of 0 Jobs and 3 pods of an earlier restore'),
    ).finally(() => {
      kubernetes.world.stuckPods = false;
    });
    expect(kubernetes.world.created).toHaveLength(3);
    await again;
    expect(kubernetes.world.created).toHaveLength(6);
  });

  it('does not wait for a Job that somebody deletes', async () => {
    await kubernetes.stopped();
    kubernetes.world.fateOf = () => ({ end: 'never', log: '' });
    const lines: string[] = [];
    const running = kubernetes.run('zeebeRestore', { lines }).catch((error: unknown) => error);
    await until(() => lines.includes('0 of 3 brokers: the restore is over'));

    const [first = ''] = kubernetes.world.jobs.keys();
    kubernetes.world.jobs.delete(first);

    expect(await running).toMatchObject({
      code: 'HookFailed',
      message: expect.stringContaining(`Job ${first} was deleted before its end`),
    });
  });

  it('touches no volume while a broker may run', async () => {
    await expect(kubernetes.run('zeebeRestore')).rejects.toThrow(
      /is not stopped, it has 3 replicas and 3 pods/,
    );

    expect(kubernetes.world.writes).toEqual([]);
  });

  it('touches no volume while a pod is still about to end', async () => {
    kubernetes.world.stuckPods = true;
    await expect(kubernetes.run('stop', { config: kubernetes.hooks({ timeout: '1 s' }) })).rejects.toThrow(
      /not over/,
    );

    await expect(kubernetes.run('zeebeRestore')).rejects.toThrow(
      /is not stopped, it has 0 replicas and 3 pods/,
    );

    expect(kubernetes.world.created).toEqual([]);
  });

  it.each([
    ['is missing', undefined, /data-camunda-zeebe-1 is not there; start the brokers once/],
    ['is not bound', 'Pending', /data-camunda-zeebe-1 is Pending, not Bound/],
  ])('begins nothing when a volume %s', async (_, phase, message) => {
    await kubernetes.stopped();
    if (phase === undefined) kubernetes.world.claims.delete('data-camunda-zeebe-1');
    else kubernetes.world.claims.set('data-camunda-zeebe-1', phase);

    await expect(kubernetes.run('zeebeRestore')).rejects.toThrow(message);

    expect(kubernetes.world.created).toEqual([]);
  });

  it('begins nothing when nobody knows how many brokers there are', async () => {
    kubernetes.server.add('statefulsets', brokersOf(0));
    for (const pod of [...kubernetes.world.pods.keys()]) kubernetes.world.pods.delete(pod);

    await expect(kubernetes.run('zeebeRestore')).rejects.toThrow(
      /nothing says how many it had; set the annotation safepoint/,
    );
  });
});
