import { CUT_PARTS } from '../contract/parts.ts';
import { isRecipient } from '../system/age.ts';
import { describeSecret, readReference, type SecretRef } from '../system/secrets.ts';
import { SafepointError } from '../contract/errors.ts';
import { checkDrill } from './drillChecks.ts';
import { checkHooks } from './hookChecks.ts';
import { show, type Problem } from './problems.ts';
import { checkReplicate } from './replicateChecks.ts';
import { checkRestore } from './restoreChecks.ts';
import { NAME_PATTERN } from './schema.ts';

type Fields = Record<string, unknown>;

/**
 * What no single field can tell: names that must exist or must not collide, fields that belong together, secrets that
 * are there. Works on the file as parsed, whatever its shape, so that these problems are reported beside the schema's.
 */
export function checkAcrossFields(raw: unknown): Problem[] {
  const stores = fieldsOf(fieldsOf(raw).stores);
  const clusters = fieldsOf(fieldsOf(raw).clusters);
  const schedules = fieldsOf(fieldsOf(raw).schedules);
  return [
    ...checkNames(['stores'], stores),
    ...checkNames(['clusters'], clusters),
    ...checkNames(['schedules'], schedules, true),
    ...Object.entries(schedules).flatMap(([name, schedule]) =>
      checkSchedule(['schedules', name], fieldsOf(schedule), Object.keys(clusters)),
    ),
    ...Object.entries(stores).flatMap(([name, store]) => checkStore(['stores', name], fieldsOf(store))),
    ...Object.entries(clusters).flatMap(([name, cluster]) => [
      ...checkCluster(['clusters', name], fieldsOf(cluster), Object.keys(stores)),
      ...checkReplicate(['clusters', name], fieldsOf(cluster), stores),
      ...checkHooks(['clusters', name], fieldsOf(cluster)),
      ...checkDrill(['clusters', name], name, fieldsOf(cluster), Object.keys(clusters)),
      ...checkRestore(['clusters', name], fieldsOf(cluster), clusters),
    ]),
    ...checkSecrets([], raw),
  ];
}

/** Fields of a schedule that one kind of run has alone. */
const FIELD_OF_RUN = { procedure: 'backup', sets: 'verify', level: 'drill' };

function checkSchedule(path: string[], schedule: Fields, clusters: string[]): Problem[] {
  const problems = checkReference([...path, 'cluster'], schedule.cluster, 'clusters', clusters);
  for (const [field, run] of Object.entries(FIELD_OF_RUN))
    if (schedule[field] !== undefined && (schedule.run ?? 'backup') !== run)
      problems.push({ path: [...path, field], allowed: `only with run: ${run}` });
  return problems;
}

function checkStore(path: string[], store: Fields): Problem[] {
  const problems: Problem[] = [];
  if (store.kmsKeyId !== undefined && store.serverSideEncryption !== 'aws:kms') {
    problems.push({
      path: [...path, 'kmsKeyId'],
      allowed: 'only together with serverSideEncryption: aws:kms',
    });
  }
  const [, another] = ['accountKey', 'sasToken', 'connectionString'].filter(
    (way) => store[way] !== undefined,
  );
  if (another !== undefined) {
    problems.push({
      path: [...path, another],
      allowed: 'one of accountKey, sasToken and connectionString, or none for the identity of the worker',
    });
  }
  return [...problems, ...checkPair(path, store, 'accessKeyId', 'secretAccessKey')];
}

function checkCluster(path: string[], cluster: Fields, stores: string[]): Problem[] {
  const problems = checkReference([...path, 'store'], cluster.store, 'stores', stores);
  problems.push(
    ...checkCopies(path, cluster, stores),
    ...checkRecipients(path, fieldsOf(cluster.encryption)),
  );
  const has = (field: string) => cluster[field] !== undefined;
  if (!has('webapps') && !(has('operate') && has('tasklist'))) {
    problems.push({
      path,
      allowed: 'either webapps (8.8 and later) or both operate and tasklist (up to 8.7)',
    });
  }
  if (has('webapps') && (has('operate') || has('tasklist'))) {
    problems.push({
      path: [...path, 'webapps'],
      allowed: 'not together with operate or tasklist: they are its parts from 8.8 on',
    });
  }
  if (has('retention') && !KEEP_RULES.some((rule) => keepsSomething(fieldsOf(cluster.retention)[rule])))
    problems.push({
      path: [...path, 'retention'],
      allowed: `at least one rule that keeps something: ${KEEP_RULES.join(', ')}`,
    });
  const databases = fieldsOf(cluster.databases);
  problems.push(...checkNames([...path, 'databases'], databases, true));
  for (const name of Object.keys(databases).filter((name) =>
    (CUT_PARTS as readonly string[]).includes(name),
  )) {
    problems.push({
      path: [...path, 'databases', name],
      allowed: `a name that is no part of a backup: not ${CUT_PARTS.join(', ')}`,
    });
  }
  const endpoints = Object.entries(cluster).concat(
    listOf(cluster.brokers).map((broker, index) => [`brokers.${index}`, broker]),
  );
  for (const [name, endpoint] of endpoints) {
    const tls = fieldsOf(fieldsOf(endpoint).tls);
    problems.push(...checkPair([...path, ...name.split('.'), 'tls'], tls, 'clientCertificate', 'clientKey'));
  }
  return problems;
}

const KEEP_RULES = ['keepLast', 'keepWithin', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'];

/** Of another type it is a problem of the schema. */
function keepsSomething(rule: unknown): boolean {
  return rule !== undefined && rule !== 0 && !(typeof rule === 'string' && Number.parseFloat(rule) === 0);
}

function checkCopies(path: string[], cluster: Fields, stores: string[]): Problem[] {
  const copies = listOf(cluster.copies);
  return copies.flatMap((name, at) => {
    const own = [...path, 'copies', String(at)];
    if (name === cluster.store)
      return [{ path: own, seen: show(name), allowed: 'another store than `store`, which has every set' }];
    if (copies.indexOf(name) !== at) return [{ path: own, seen: show(name), allowed: 'each store once' }];
    return checkReference(own, name, 'stores', stores);
  });
}

function checkRecipients(path: string[], encryption: Fields): Problem[] {
  return listOf(encryption.recipients).flatMap((recipient, at) =>
    typeof recipient !== 'string' || recipient === '' || isRecipient(recipient)
      ? []
      : [
          {
            path: [...path, 'encryption', 'recipients', String(at)],
            // What is no public key at all may be a private one, and must not be shown.
            ...(recipient.startsWith('age1') && { seen: show(recipient) }),
            allowed: 'a public key of age, such as `age-keygen` prints it: age1...',
          },
        ],
  );
}

/** A name that must stand under `where`; of another type it is a problem of the schema. */
function checkReference(path: string[], name: unknown, where: string, known: string[]): Problem[] {
  if (typeof name !== 'string' || known.includes(name)) return [];
  const allowed = known.length === 0 ? `a name under ${where}; there are none` : `one of ${known.join(', ')}`;
  return [{ path, seen: show(name), allowed }];
}

function checkPair(path: string[], fields: Fields, one: string, other: string): Problem[] {
  if ((fields[one] === undefined) === (fields[other] === undefined)) return [];
  const [missing, given] = fields[one] === undefined ? [one, other] : [other, one];
  return [{ path: [...path, missing], seen: 'nothing', allowed: `both or neither: ${given} is given` }];
}

function checkNames(path: string[], named: Fields, mayBeEmpty = false): Problem[] {
  const names = Object.keys(named);
  if (names.length === 0 && !mayBeEmpty) return [{ path, seen: 'nothing', allowed: 'at least one entry' }];
  return names
    .filter((name) => !new RegExp(NAME_PATTERN).test(name))
    .map((name) => ({ path: [...path, name], allowed: 'a name of lower-case letters, digits and dashes' }));
}

/** Every `{env: X}` and `{file: path}` is read once and thrown away. */
function checkSecrets(path: string[], value: unknown): Problem[] {
  const ref = asSecretRef(value);
  if (ref !== null) return secretProblem(path, ref);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => checkSecrets([...path, key], inner));
}

function secretProblem(path: string[], ref: SecretRef): Problem[] {
  try {
    readReference(ref);
    return [];
  } catch (error) {
    if (!(error instanceof SafepointError)) throw error;
    return [
      { path, seen: describeSecret(ref), allowed: 'a secret that is set, readable and not empty here' },
    ];
  }
}

function asSecretRef(value: unknown): SecretRef | null {
  const [entry, ...others] = Object.entries(fieldsOf(value));
  if (entry === undefined || others.length > 0) return null;
  const [kind, where] = entry;
  if (typeof where !== 'string' || where === '') return null;
  if (kind === 'env') return { env: where };
  return kind === 'file' ? { file: where } : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
