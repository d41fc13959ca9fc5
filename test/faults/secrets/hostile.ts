import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeCertificate } from '../../support/certificates.ts';
import { startInstallation, type Installation } from '../installation.ts';
import { startEcho, type Echo } from './echo.ts';
import { createMarker, type Marker } from './markers.ts';
import { createPrograms, type Programs } from './programs.ts';

export type Component = 'zeebe' | 'restApi' | 'webapps' | 'optimize' | 'searchEngine' | 'store';

/** An installation with a secret wherever the config takes one, in which everything can be made to tell what it was sent. */
export type Hostile = {
  installation: Installation;
  echoes: Record<Component, Echo>;
  programs: Programs;
  markers: Marker[];
  /** All echoes pass everything on, and the programs of PostgreSQL work. */
  calm(): void;
  stop(): Promise<void>;
};

/** A password as people make them: it looks different in a URL, in JSON and in HTML. */
const difficult = (core: string) => `"a&b<${core}>%/+ \\é'`;
const token = (core: string) => `${core}/+~._-==`;

export async function startHostile(): Promise<Hostile> {
  const folder = mkdtempSync(path.join(tmpdir(), 'safepoint-secrets-'));
  const inFile = ({ name, value }: Marker) => {
    const file = path.join(folder, name);
    writeFileSync(file, `${value}\n`);
    return { file };
  };
  const zeebe = createMarker('password of zeebe', difficult);
  const restApi = createMarker('token of restApi', token);
  const webapps = createMarker('password of webapps', difficult);
  const searchEngine = createMarker('token of searchEngine', token);
  const database = createMarker('password of the database', difficult);
  const client = await makeCertificate(folder, 'client');
  const server = await makeCertificate(folder, 'server');
  const optimize = { name: 'key of optimize', value: readFileSync(client.key, 'utf8'), core: '' };
  optimize.core = optimize.value.split('\n')[1]?.slice(8, 40) ?? '';

  const tls = {
    ca: readFileSync(client.certificate, 'utf8'),
    cert: readFileSync(server.certificate, 'utf8'),
    key: readFileSync(server.key, 'utf8'),
  };
  const knownKey = { user: 'key', secret: optimize.value.split('\n')[1] ?? '' };
  const s3: { user: string; secret: string }[] = [];
  const echoes: Record<Component, Echo> = {
    zeebe: await startEcho(),
    restApi: await startEcho(),
    webapps: await startEcho(),
    searchEngine: await startEcho(),
    optimize: await startEcho({ tls, knows: [knownKey] }),
    store: await startEcho({ xml: true, knows: s3 }),
  };
  const programs = createPrograms(folder);

  /** The endpoint of the config behind the echo of that name. */
  const behind = (component: Component, endpoint: unknown, more: object) => {
    const { url } = endpoint as { url: string };
    echoes[component].target = url;
    return { ...(endpoint as object), url: echoes[component].url, ...more };
  };
  const basic = (password: object) => ({ auth: { type: 'basic', username: 'ops', password } });
  const bearer = (ref: object) => ({ auth: { type: 'bearer', token: ref } });

  const installation = await startInstallation({
    store: 's3',
    clusters: { demo: { settings: { attempts: 1, budgets: { preflight: '20 s', dump: '8 s' } } } },
    adapt(config) {
      const { demo } = config['clusters'] as { demo: Record<string, unknown> };
      const { main } = config['stores'] as { main: Record<string, unknown> };
      echoes.store.target = String(main['endpoint']);
      const zeebeEndpoint = behind('zeebe', demo['zeebe'], basic({ env: 'SECRETS_ZEEBE' }));
      const cluster = {
        ...demo,
        zeebe: zeebeEndpoint,
        brokers: [zeebeEndpoint],
        restApi: behind('restApi', demo['restApi'], bearer(inFile(restApi))),
        webapps: behind('webapps', demo['webapps'], basic(inFile(webapps))),
        searchEngine: behind('searchEngine', demo['searchEngine'], bearer({ env: 'SECRETS_SEARCH' })),
        optimize: behind('optimize', demo['optimize'], {
          tls: {
            ca: server.certificate,
            clientCertificate: client.certificate,
            clientKey: { file: client.key },
          },
        }),
        databases: {
          'web-modeler': {
            ...{ host: '127.0.0.1', port: 5432, user: 'modeler', binDir: programs.binDir },
            password: inFile(database),
          },
        },
      };
      const sentinel = { enabled: true, every: '1 h' };
      const stores = { main: { ...main, endpoint: echoes.store.url } };
      return { ...config, sentinel, stores, clusters: { demo: cluster } };
    },
  });
  const secretAccessKey = installation.store.s3?.server.secretAccessKey ?? '';
  s3.push({ user: 's3', secret: secretAccessKey });
  const keyOfStore = { name: 'key of the store', value: secretAccessKey, core: secretAccessKey.slice(0, 24) };
  Object.assign(installation.env, {
    ...{ SECRETS_ZEEBE: zeebe.value, SECRETS_SEARCH: searchEngine.value, SAFEPOINT_LOG_LEVEL: 'trace' },
    PATH: `${programs.binDir}:${process.env['PATH'] ?? ''}`,
  });
  return {
    installation,
    echoes,
    programs,
    markers: [zeebe, restApi, webapps, searchEngine, database, optimize, keyOfStore],
    calm() {
      for (const echo of Object.values(echoes)) echo.pick = () => null;
      programs.behave('psql', 'work');
      programs.behave('pg_dumpall', 'work');
    },
    async stop() {
      await installation.stop();
      await Promise.all(Object.values(echoes).map((echo) => echo.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
