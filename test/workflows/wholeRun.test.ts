import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type Postgres } from '../../sandbox/stack/postgres.ts';
import type { BackupResult } from '../../src/contract/backup.ts';
import { windowWorkflowId } from '../../src/contract/names.ts';
import { failureOf, startLab, startServer, type Lab, type Server } from './lab.ts';

const MARKER = 'marker-secret-of-the-search-engine';

let server: Server;
let postgres: Postgres;
const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-whole-run-'));

beforeAll(async () => {
  [server, postgres] = await Promise.all([startServer(), startPostgres({ dataDir, rows: 100 })]);
  process.env['WEB_MODELER_PASSWORD'] = postgres.password;
  process.env['SEARCH_PASSWORD'] = MARKER;
}, 120_000);
afterAll(async () => {
  await Promise.all([server.stop(), postgres.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});

/** Five parts and one database, a user and a password wherever the config takes one. */
function startWhole(passwordVariable = 'WEB_MODELER_PASSWORD'): Promise<Lab> {
  const { host, port, user, binDir } = postgres;
  return startLab(server, {
    simulator: { profile: '8.6', optimize: true, partMs: 1_500 },
    adapt: (cluster) => ({
      ...cluster,
      databases: { 'web-modeler': { host, port, user, binDir, password: { env: passwordVariable } } },
      zeebe: withPassword(cluster['zeebe']),
      operate: withPassword(cluster['operate']),
      searchEngine: withPassword(cluster['searchEngine']),
    }),
  });
}

function withPassword(endpoint: unknown): unknown {
  return {
    ...(endpoint as object),
    auth: { type: 'basic', username: 'safepoint', password: { env: 'SEARCH_PASSWORD' } },
  };
}

/** Everything that a run leaves behind: the histories of both workflows and every object in the store but the dump. */
async function tracesOf(lab: Lab, workflowId: string): Promise<string> {
  const histories = [await lab.history(workflowId)];
  if (lab.simulator.triggerCount('zeebe') > 0) histories.push(await lab.history(windowWorkflowId('demo')));
  const objects = readdirSync(lab.storeDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(path.join(lab.storeDir, name), 'utf8'));
  return [...histories, ...objects].join('\n');
}

/** A password as it is, and as HTTP and Temporal's payloads would carry it. */
function formsOf(secret: string): string[] {
  return [
    secret,
    Buffer.from(`safepoint:${secret}`).toString('base64'),
    Buffer.from(secret).toString('base64').slice(0, -3),
  ];
}

describe('workflows/backup: a whole run with five parts and one database', () => {
  it('leaves at most 80 events behind, search attributes included, and no secret', async () => {
    const lab = await startWhole();
    try {
      const handle = await lab.start({ cluster: 'demo' });
      const result = (await handle.result()) as BackupResult;

      const own = await lab.events(handle.workflowId);
      const window = await lab.events(windowWorkflowId('demo'));
      const traces = await tracesOf(lab, handle.workflowId);

      expect(result.verdict).toBe('complete');
      expect(result.parts).toHaveLength(6);
      expect(own.length + window.length).toBeLessThanOrEqual(80);
      expect(traces).toContain('demo/'); // decoded
      for (const secret of [MARKER, postgres.password]) {
        for (const form of formsOf(secret)) expect(traces).not.toContain(form);
      }
    } finally {
      await lab.stop();
    }
  }, 90_000);

  it('dumps every database of the cluster under its own name', async () => {
    const { host, port, user, binDir } = postgres;
    const database = { host, port, user, binDir, password: { env: 'WEB_MODELER_PASSWORD' } };
    const lab = await startLab(server, {
      simulator: { profile: '8.8' },
      adapt: (cluster) => ({ ...cluster, databases: { 'web-modeler': database, keycloak: database } }),
    });
    try {
      const result = await lab.run();

      const stored = readdirSync(path.join(lab.storeDir, 'demo', result.backupId));
      expect(result.verdict).toBe('complete');
      expect(result.parts.map(({ part }) => part)).toEqual(
        expect.arrayContaining(['web-modeler', 'keycloak']),
      );
      expect(stored).toEqual(
        expect.arrayContaining(['web-modeler.sql.zst', 'keycloak.sql.zst', 'manifest.json']),
      );
    } finally {
      await lab.stop();
    }
  }, 90_000);

  it('leaves no secret behind when the database refuses the password', async () => {
    process.env['WRONG_PASSWORD'] = 'marker-secret-that-is-wrong';
    const lab = await startWhole('WRONG_PASSWORD');
    try {
      const handle = await lab.start({ cluster: 'demo' });
      const failure = await failureOf(handle);

      const traces = await tracesOf(lab, handle.workflowId);

      expect(failure).toMatchObject({
        type: 'PreflightFailed',
        message: expect.stringContaining('database.web-modeler'),
      });
      for (const form of formsOf('marker-secret-that-is-wrong'))
        expect(traces + failure.message).not.toContain(form);
    } finally {
      await lab.stop();
    }
  }, 90_000);
});
