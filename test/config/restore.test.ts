import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-config-'));
  process.env.TEST_RESTORE_PASSWORD = 'a-password';
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const server = (host: string) => ({ host, user: 'postgres', password: { env: 'TEST_RESTORE_PASSWORD' } });

function load(prod: object, staging: object = {}): Config {
  const file = path.join(folder, 'safepoint.yaml');
  const url = 'http://localhost:9600';
  const cluster = { zeebe: { url }, webapps: { url }, searchEngine: { url }, store: 'main' };
  const clusters = {
    prod: { ...cluster, databases: { 'web-modeler': server('live') }, ...prod },
    staging: { ...cluster, ...staging },
  };
  writeFileSync(file, stringify({ stores: { main: { type: 'folder', path: '/sets' } }, clusters }));
  return loadConfig(file);
}

describe('config/restore', () => {
  it('takes servers for dumps of another cluster, and queries for drills', () => {
    const queries = [{ database: 'web_modeler', sql: 'select count(*) > 0 from users', expect: 't' }];

    const { clusters } = load(
      { drill: { databases: { 'web-modeler': { server: server('drills'), queries } } } },
      { restore: { databases: { 'web-modeler': server('staging') } } },
    );

    expect(clusters.staging?.restore?.databases['web-modeler']).toMatchObject({
      host: 'staging',
      port: 5432,
    });
    expect(clusters.prod?.drill?.databases['web-modeler']?.queries).toEqual(queries);
  });

  it('names the dumps that there are', () => {
    expect(() => load({ restore: { databases: { keycloak: server('a') } } })).toThrow(
      /clusters\.prod\.restore\.databases\.keycloak \(line \d+\): expected the name of a dump under databases: web-modeler/,
    );
  });

  it.each([
    ['that is dumped', 'LIVE', {}],
    ['that takes restores', 'staging', { restore: { databases: { 'web-modeler': server('staging') } } }],
  ])('refuses drills on a server %s', (_, host, staging) => {
    const drill = { databases: { 'web-modeler': { server: { ...server(host), port: 5432 } } } };

    expect(() => load({ drill }, staging)).toThrow(
      /clusters\.prod\.drill\.databases\.web-modeler\.server\.host .*: expected a server for drills alone; this one is that of web-modeler/,
    );
  });
});
