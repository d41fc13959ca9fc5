/** A variable that a test sets before it loads the config. */
export const SECRET_NAME = 'SAFEPOINT_FUZZ_SECRET';

const reference = () => ({ env: SECRET_NAME });

/** Every kind of setting once, secrets by reference. */
export const validConfig = {
  temporal: { searchAttributes: true },
  stores: {
    main: {
      type: 's3',
      bucket: 'backups',
      prefix: 'safepoint',
      endpoint: 'https://s3.example.com',
      forcePathStyle: true,
      accessKeyId: reference(),
      secretAccessKey: reference(),
    },
    local: { type: 'folder', path: '/backups' },
  },
  clusters: {
    prod: {
      zeebe: { url: 'http://zeebe:9600' },
      brokers: [{ url: 'http://broker-0:9600' }, { url: 'http://broker-1:9600' }],
      restApi: { url: 'http://zeebe:8080', auth: { type: 'bearer', token: reference() } },
      webapps: { url: 'http://zeebe:9600', probeUrl: 'https://camunda.example.com/operate' },
      optimize: { url: 'http://optimize:8092' },
      searchEngine: {
        url: 'https://elastic:9200',
        auth: { type: 'basic', username: 'safepoint', password: reference() },
        tls: { ca: 'ca.pem', clientCertificate: 'client.pem', clientKey: reference() },
        indexPrefixes: { operate: 'op' },
      },
      databases: { 'web-modeler': { host: 'pg', port: 5432, user: 'dump', password: reference() } },
      store: 'main',
      procedure: 'sequential',
      exporter: { flushDelay: '5 s' },
      budgets: { part: '3 h', window: '4 h' },
    },
  },
};

/** Where the references stand. */
export const SECRET_PATHS = [
  ['stores', 'main', 'accessKeyId'],
  ['stores', 'main', 'secretAccessKey'],
  ['clusters', 'prod', 'restApi', 'auth', 'token'],
  ['clusters', 'prod', 'searchEngine', 'auth', 'password'],
  ['clusters', 'prod', 'searchEngine', 'auth'],
  ['clusters', 'prod', 'searchEngine', 'tls', 'clientKey'],
  ['clusters', 'prod', 'databases', 'web-modeler', 'password'],
];

/** Where a URL stands, into which people write user and password. */
export const URL_PATHS = [
  ['stores', 'main', 'endpoint'],
  ['clusters', 'prod', 'zeebe', 'url'],
  ['clusters', 'prod', 'brokers', '1', 'url'],
  ['clusters', 'prod', 'webapps', 'probeUrl'],
  ['clusters', 'prod', 'searchEngine', 'url'],
];
