import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';
import { SafepointError } from '../../src/contract/errors.ts';

const EXAMPLE = path.join(import.meta.dirname, '../../safepoint.example.yaml');
const EXAMPLE_SECRETS = [
  'SAFEPOINT_S3_ACCESS_KEY_ID',
  'SAFEPOINT_S3_SECRET_ACCESS_KEY',
  'SAFEPOINT_SEARCH_PASSWORD',
  'SAFEPOINT_WEB_MODELER_PASSWORD',
];
const SECRET = 'hunter2-never-shown';

const MINIMAL = `
stores:
  main: { type: folder, path: /backups }
clusters:
  prod:
    zeebe: { url: "http://zeebe:9600/" }
    webapps: { url: "http://zeebe:9600" }
    searchEngine: { url: "http://elastic:9200" }
    store: main
`;

let folder: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-config-'));
  environment = { ...process.env };
});
afterEach(() => {
  process.env = environment;
  rmSync(folder, { recursive: true });
});

function writeConfig(text: string, name = 'safepoint.yaml'): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function problemsOf(text: string): string {
  try {
    loadConfig(writeConfig(text));
  } catch (error) {
    expect(error).toBeInstanceOf(SafepointError);
    expect(error).toMatchObject({ code: 'InvalidConfig' });
    return (error as SafepointError).message;
  }
  throw new Error('the config was accepted');
}

describe('config/load: loadConfig', () => {
  it('fills in the defaults and drops slashes at the end of URLs', () => {
    const config = loadConfig(writeConfig(MINIMAL));

    expect(config.temporal).toEqual({ searchAttributes: false });
    expect(config.clusters.prod).toMatchObject({
      zeebe: { url: 'http://zeebe:9600' },
      searchEngine: { repository: 'camunda', indexPrefixes: { zeebeRecords: 'zeebe-record' } },
      procedure: 'sequential',
      databases: {},
      exporter: { flushDelay: 5_000 },
      budgets: { part: 3 * 3_600_000, stall: 600_000 },
    });
  });

  it('loads the example, with references in place of secrets', () => {
    for (const name of EXAMPLE_SECRETS) process.env[name] = SECRET;

    const config = loadConfig(EXAMPLE);

    expect(Object.keys(config.clusters)).toEqual(['prod', 'legacy']);
    expect(config.stores.main).toMatchObject({ accessKeyId: { env: 'SAFEPOINT_S3_ACCESS_KEY_ID' } });
    expect(JSON.stringify(config)).not.toContain(SECRET);
  });

  it('prefers the argument to SAFEPOINT_CONFIG', () => {
    const given = writeConfig(MINIMAL.replaceAll('prod:', 'given:'), 'given.yaml');
    process.env.SAFEPOINT_CONFIG = writeConfig(MINIMAL.replaceAll('prod:', 'fromenv:'), 'fromenv.yaml');

    const [byArgument, byEnvironment] = [loadConfig(given), loadConfig()];

    expect(Object.keys(byArgument.clusters)).toEqual(['given']);
    expect(Object.keys(byEnvironment.clusters)).toEqual(['fromenv']);
  });

  it('says how to name a file when there is none', () => {
    expect(() => loadConfig(path.join(folder, 'missing.yaml'))).toThrow(
      /missing\.yaml does not exist; give --config PATH or SAFEPOINT_CONFIG/,
    );
  });
});

describe('config/load: problems of the YAML itself', () => {
  it('gives line and column, and does not quote the text', () => {
    const message = problemsOf(`stores:\n  main: { type: folder\npassword: "${SECRET}`);

    expect(message).toMatch(/is not YAML:\n {2}line \d+, column \d+: /);
    expect(message).not.toContain(SECRET);
  });

  it.each([
    ['an alias', `password: *${SECRET}`],
    ['a tag', `password: !${SECRET} x`],
    ['a key given twice', `${SECRET}: 1\n${SECRET}: 2`],
    ['an escape', `password: "\\U${SECRET}"`],
    ['a directive', `%${SECRET}\n---\na: 1`],
    ['fields in place of a key', `? {password: ${SECRET}}\n: x`],
  ])('does not quote %s', (_kind, text) => {
    const message = problemsOf(text);

    expect(message).toContain('is not YAML');
    expect(message).not.toContain(SECRET);
  });
});

describe('config/load: YAML that never ends', () => {
  it('refuses an alias inside of its own anchor', () => {
    expect(problemsOf('stores: &a\n  main: *a')).toContain('An alias stands inside of its own anchor');
  });

  it('counts the problems that it does not list', () => {
    const fields = Array.from({ length: 500 }, (_, at) => `field${at}: 1`).join('\n');

    const message = problemsOf(MINIMAL + fields);

    expect(message).toContain('has 500 problems');
    expect(message.split('\n').at(-1)).toBe('  and 400 more');
  });
});

describe('config/load: problems of single fields', () => {
  it.each([
    [
      'a missing field',
      MINIMAL.replace('store: main', ''),
      'clusters.prod.store (line 5): expected a text (Name of a store',
    ],
    [
      'a wrong URL',
      MINIMAL.replace('http://elastic:9200', 'elastic:9200'),
      'clusters.prod.searchEngine.url (line 8): expected a URL that begins with http:// or https://; seen "elastic:9200"',
    ],
    ['a wrong type', MINIMAL.replace('/backups', '5'), 'stores.main.path (line 3): expected a text; seen 5'],
    [
      'a wrong choice',
      `${MINIMAL}    procedure: fast\n`,
      'clusters.prod.procedure (line 10): expected one of sequential, parallel, history-first; seen "fast"',
    ],
    [
      'a wrong time span',
      `${MINIMAL}    budgets: { part: soon }\n`,
      'clusters.prod.budgets.part (line 10): expected a time span such as "90 s", "5 m" or "2 h"; seen "soon"',
    ],
    [
      'a time span of centuries',
      `${MINIMAL}    budgets: { part: 900 years }\n`,
      'clusters.prod.budgets.part (line 10): expected a time span such as "90 s", "5 m" or "2 h"; seen "900 years"',
    ],
    [
      'an unknown field',
      `${MINIMAL}    stroe: main\n`,
      'clusters.prod.stroe (line 10): expected one of the fields zeebe, brokers,',
    ],
    [
      'an unknown kind of store',
      MINIMAL.replace('folder', 'tape'),
      'stores.main.type (line 3): expected one of s3, azure, gcs, folder; seen "tape"',
    ],
    [
      'a list in place of fields',
      MINIMAL.replace('{ url: "http://elastic:9200" }', '[]'),
      'clusters.prod.searchEngine (line 8): expected fields; seen a list',
    ],
    ['an empty file', '', 'the file: expected fields; seen nothing'],
  ])('names %s', (_kind, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

describe('config/load: problems across fields', () => {
  it.each([
    [
      'a store that does not exist',
      MINIMAL.replace('store: main', 'store: mian'),
      'clusters.prod.store (line 9): expected one of main; seen "mian"',
    ],
    [
      'no store and no cluster',
      'stores: {}\nclusters: {}\n',
      'clusters (line 2): expected at least one entry; seen nothing',
    ],
    [
      'a name that is no name',
      MINIMAL.replaceAll('prod:', 'Prod_1:'),
      'clusters.Prod_1 (line 5): expected a name of lower-case letters, digits and dashes',
    ],
    [
      'neither generation of web applications',
      MINIMAL.replace('webapps:', 'operate:'),
      'clusters.prod (line 5): expected either webapps (8.8 and later) or both operate and tasklist (up to 8.7)',
    ],
    [
      'both generations of web applications',
      `${MINIMAL}    operate: { url: "http://operate:9600" }\n`,
      'clusters.prod.webapps (line 7): expected not together with operate or tasklist',
    ],
    [
      'a database named as a part',
      `${MINIMAL}    databases: { optimize: { host: h, user: u, password: { env: PATH } } }\n`,
      'clusters.prod.databases.optimize (line 10): expected a name that is no part of a backup',
    ],
    [
      'half an access key',
      MINIMAL.replace(
        '{ type: folder, path: /backups }',
        '{ type: s3, bucket: b, accessKeyId: { env: PATH } }',
      ),
      'stores.main.secretAccessKey (line 3): expected both or neither: accessKeyId is given',
    ],
    [
      'a KMS key without KMS',
      MINIMAL.replace('{ type: folder, path: /backups }', '{ type: s3, bucket: b, kmsKeyId: k }'),
      'stores.main.kmsKeyId (line 3): expected only together with serverSideEncryption: aws:kms',
    ],
    [
      'a client certificate without its key',
      MINIMAL.replace('"http://elastic:9200"', '"https://elastic:9200", tls: { clientCertificate: c.pem }'),
      'clusters.prod.searchEngine.tls.clientKey (line 8): expected both or neither',
    ],
  ])('names %s', (_kind, text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('reports all kinds at once', () => {
    const text = `${MINIMAL.replace('store: main', 'store: mian').replace('http://elastic:9200', 'elastic')}
    stroe: main
    databases: { modeler: { host: h, user: u, password: { env: SAFEPOINT_TEST_UNSET } } }
`;

    const message = problemsOf(text);

    expect(message).toContain('has 4 problems');
    expect(message).toContain('clusters.prod.store');
    expect(message).toContain('clusters.prod.searchEngine.url');
    expect(message).toContain('clusters.prod.stroe');
    expect(message).toContain('clusters.prod.databases.modeler.password');
  });
});

describe('config/load: secrets', () => {
  const withAuth = (auth: string) =>
    MINIMAL.replace('"http://elastic:9200"', `"http://elastic:9200", auth: ${auth}`);

  it.each([
    [
      'a variable that is not set',
      '{ env: SAFEPOINT_TEST_UNSET }',
      'environment variable SAFEPOINT_TEST_UNSET',
    ],
    [
      'a variable that is empty',
      '{ env: SAFEPOINT_TEST_EMPTY }',
      'environment variable SAFEPOINT_TEST_EMPTY',
    ],
    ['what is no variable', '{ env: constructor }', 'environment variable constructor'],
    ['a file that is not there', '{ file: /nowhere/secret }', 'secret file /nowhere/secret'],
  ])('names %s', (_kind, reference, seen) => {
    process.env.SAFEPOINT_TEST_EMPTY = '';

    const message = problemsOf(withAuth(`{ type: bearer, token: ${reference} }`));

    expect(message).toContain(
      `clusters.prod.searchEngine.auth.token (line 8): expected a secret that is set, readable and not empty here; seen ${seen}`,
    );
  });

  it.each([
    ['in place of a reference', withAuth(`{ type: bearer, token: ${SECRET} }`)],
    ['inside of a list', withAuth(`{ type: bearer, token: [${SECRET}] }`)],
    ['one level too high', withAuth(SECRET)],
    ['as the kind of credentials', withAuth(`{ type: ${SECRET} }`)],
    ['in a field that does not exist', withAuth(`{ type: bearer, tokn: ${SECRET} }`)],
    ['in a URL', MINIMAL.replace('http://elastic', `http://user:${SECRET}@elastic`)],
    ['in a URL without slashes', MINIMAL.replace('http://elastic', `http:user:${SECRET}@elastic`)],
    ['with a slash in a URL', MINIMAL.replace('http://elastic', `http://user:a/${SECRET}@elastic`)],
    ['in a URL that is wrong otherwise', MINIMAL.replace('http://elastic', `ftp://user:${SECRET}@elastic`)],
    [
      'as an access key',
      MINIMAL.replace(
        '{ type: folder, path: /backups }',
        `{ type: s3, bucket: b, accessKeyId: ${SECRET}, secretAccessKey: ${SECRET} }`,
      ),
    ],
  ])('does not show a plain secret %s', (_where, text) => {
    const message = problemsOf(text);

    expect(message).toContain('problem');
    expect(message).not.toContain(SECRET);
  });

  it('takes a file, relative to the working directory', () => {
    const file = writeConfig(`${SECRET}\n`, 'token');

    const config = loadConfig(writeConfig(withAuth(`{ type: bearer, token: { file: ${file} } }`)));

    expect(config.clusters.prod?.searchEngine.auth).toEqual({ type: 'bearer', token: { file } });
  });
});
