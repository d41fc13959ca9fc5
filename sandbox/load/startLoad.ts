import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { jobType, processId } from './deploy.ts';

export type LoadOptions = {
  /** Process instances to create in a second. Default 5. */
  instancesPerSecond?: number;
  /** Service task jobs to complete in a second, as far as there are any. Default 3. */
  completionsPerSecond?: number;
};

/** Counts since the start. A refused or lost call counts as failed and is not repeated. */
export type LoadStats = { created: number; completed: number; failed: number; lastError: string | undefined };

export interface Load {
  stats(): LoadStats;
  /** Keys of all process instances whose creation was acknowledged. */
  createdKeys(): string[];
  /** Ends the load and waits for the calls under way; a second call waits for the same end. */
  stop(): Promise<LoadStats>;
}

const callTimeoutMs = 30_000;
const maxCallsUnderWay = 16;
const jobTimeoutMs = 60_000;

/** Creates process instances and completes jobs at a steady pace by the broker's REST API, until it is stopped. `deploy` comes first. */
export function startLoad(restUrl: string, options: LoadOptions = {}): Load {
  const { instancesPerSecond = 5, completionsPerSecond = 3 } = options;
  const stats: LoadStats = { created: 0, completed: 0, failed: 0, lastError: undefined };
  const keys: string[] = [];
  const stopped = new AbortController();
  const client = createClient(restUrl);

  const count = (call: Promise<void>) =>
    call.catch((error: unknown) => {
      stats.failed += 1;
      stats.lastError = String(error);
    });
  const loops = [
    atPace(instancesPerSecond, stopped.signal, () =>
      count(
        client.createInstance(stats.created).then((key) => {
          stats.created += 1;
          keys.push(key);
        }),
      ),
    ),
    atPace(completionsPerSecond, stopped.signal, () =>
      count(
        client.completeJob().then((completed) => {
          stats.completed += completed;
        }),
      ),
    ),
  ];
  const end = async () => {
    stopped.abort();
    await Promise.all(loops);
    await client.close();
  };
  let ending: Promise<void> | undefined;
  return {
    stats: () => ({ ...stats }),
    createdKeys: () => [...keys],
    async stop() {
      await (ending ??= end());
      return { ...stats };
    },
  };
}

/** Begins a call each 1/n second; skips beats while too many are under way, so that a slow broker is not buried. */
async function atPace(perSecond: number, stop: AbortSignal, call: () => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const startedMs = performance.now();
  for (let beat = 1; perSecond > 0 && !stop.aborted; beat += 1) {
    if (underWay.size < maxCallsUnderWay) {
      const running: Promise<void> = call().finally(() => underWay.delete(running));
      underWay.add(running);
    }
    const waitMs = startedMs + (beat * 1000) / perSecond - performance.now();
    await sleep(Math.max(0, waitMs), undefined, { signal: stop }).catch(() => undefined);
  }
  await Promise.all(underWay);
}

// Keys pass 2^53 with many partitions, so they are cut out of the text rather than parsed as numbers.
const keyPattern = /"processInstanceKey"\s*:\s*"?(\d+)/;
const jobKeyPattern = /"(?:jobKey|key)"\s*:\s*"?(\d+)/g;

function createClient(restUrl: string) {
  const dispatcher = new Agent({ connections: maxCallsUnderWay * 2 });
  const post = async (path: string, payload: unknown): Promise<string> => {
    const answer = await request(`${restUrl}${path}`, {
      method: 'POST',
      dispatcher,
      body: JSON.stringify(payload),
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      headersTimeout: callTimeoutMs,
      bodyTimeout: callTimeoutMs,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300)
      throw new Error(`${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    return text;
  };
  const waitingJobs: string[] = [];
  return {
    async createInstance(number: number): Promise<string> {
      const text = await post('/v2/process-instances', {
        processDefinitionId: processId,
        variables: { number },
      });
      return CreatedKey.parse(keyPattern.exec(text)?.[1]);
    },
    /** Resolves to the number of jobs completed: 0 when there was none to activate. */
    async completeJob(): Promise<number> {
      if (waitingJobs.length === 0) {
        const activation = {
          type: jobType,
          worker: 'load',
          timeout: jobTimeoutMs,
          maxJobsToActivate: 10,
          requestTimeout: 1000,
        };
        const text = await post('/v2/jobs/activation', activation);
        waitingJobs.push(
          ...[...text.matchAll(jobKeyPattern)].flatMap(([, key]) => (key === undefined ? [] : [key])),
        );
      }
      const key = waitingJobs.shift();
      if (key === undefined) return 0;
      await post(`/v2/jobs/${key}/completion`, { variables: {} });
      return 1;
    },
    close: () => dispatcher.close(),
  };
}

const CreatedKey = z.string({ error: 'The answer to a created process instance has no processInstanceKey' });
