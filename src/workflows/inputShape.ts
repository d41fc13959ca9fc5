import { fail } from './failures.ts';

type Fields = Record<string, { type: 'string' | 'boolean' | 'strings'; wanted: string; required?: true }>;

const CLUSTER = { type: 'string', wanted: 'a cluster name', required: true } as const;
const BACKUP_ID = { type: 'string', wanted: 'decimal digits in quotes' } as const;

const REPLICATE_FIELDS = {
  cluster: ['string', 'a cluster name'],
  backupId: ['string', 'decimal digits in quotes'],
  readBack: ['boolean', 'true or false'],
} as const;

/** The same for `replicate`. */
export function checkReplicateShape(input: unknown): void {
  const fields = fieldsOf(input);
  const problems = Object.keys(fields)
    .filter((field) => !Object.hasOwn(REPLICATE_FIELDS, field))
    .map((field) => `unknown field ${JSON.stringify(field)}`);
  if (fields['cluster'] === undefined) problems.push('cluster is missing');
  for (const [field, [type, wanted]] of Object.entries(REPLICATE_FIELDS)) {
    const value = fields[field];
    if (value !== undefined && typeof value !== type)
      problems.push(`${field} is ${JSON.stringify(value)}, must be ${wanted}`);
  }
  if (problems.length > 0)
    throw fail('InvalidInput', `${problems.join('; ')}; give an object such as {"cluster":"prod"}`);
}

/**
 * Refuses input of a wrong shape in the first workflow task, so that our sentence is what the UI shows first. Names and
 * values are checked by `planBackup`, which knows the config.
 */
export function checkInputShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    mode: { type: 'string', wanted: 'hot or cold' },
    procedure: { type: 'string', wanted: 'a procedure name' },
    backupId: BACKUP_ID,
  });
}

export function checkRetainShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    backupIds: { type: 'strings', wanted: 'a list of backup ids in quotes' },
    force: { type: 'boolean', wanted: 'true or false' },
  });
}

export function checkSetShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    backupId: { ...BACKUP_ID, required: true },
    reasons: { type: 'strings', wanted: 'a list of sentences' },
  });
}

export function checkVerifyShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    backupId: BACKUP_ID,
    sets: { type: 'string', wanted: 'latest, all, or a share such as 5%' },
  });
}

export function checkRestoreShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    backupId: BACKUP_ID,
    latest: { type: 'boolean', wanted: 'true or false' },
    before: { type: 'string', wanted: 'a time such as 2026-11-25T02:00:00Z' },
    into: { type: 'string', wanted: 'a cluster name' },
    force: { type: 'boolean', wanted: 'true or false' },
    unattended: { type: 'boolean', wanted: 'true or false' },
  });
}

export function checkDrillShape(input: unknown): void {
  checkShape(input, {
    cluster: CLUSTER,
    backupId: BACKUP_ID,
    level: { type: 'string', wanted: 'stored, databases, indices or whole' },
  });
}

/** Refuses what was not made by `restore`: half a plan must not delete anything. */
export function checkRestoreWindowShape(input: unknown): void {
  const plan = fieldsOf(fieldsOf(input)['plan']);
  const isWhole =
    ['cluster', 'target', 'backupId', 'digest'].every((field) => typeof plan[field] === 'string') &&
    ['indices', 'snapshots', 'databases', 'hooks'].every((field) => Array.isArray(plan[field]));
  if (!isWhole)
    throw fail(
      'InvalidInput',
      'these steps are started by `restore` alone; start `restore` with {"cluster":"prod","latest":true}',
    );
}

function checkShape(input: unknown, fields: Fields): void {
  const example = 'give an object such as {"cluster":"prod"}';
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw fail(
      'InvalidInput',
      `input is ${input === undefined ? 'empty' : JSON.stringify(input)}; ${example}`,
    );
  }
  const problems = Object.keys(input)
    .filter((field) => !Object.hasOwn(fields, field))
    .map((field) => `unknown field ${JSON.stringify(field)}`);
  for (const [field, { type, wanted, required }] of Object.entries(fields)) {
    const value = (input as Record<string, unknown>)[field];
    if (value === undefined && required === true && !(field in input)) problems.push(`${field} is missing`);
    if (value !== undefined && !isOfType(value, type))
      problems.push(`${field} is ${JSON.stringify(value)}, must be ${wanted}`);
  }
  if (problems.length > 0) {
    throw fail(
      'InvalidInput',
      `${problems.join('; ')}; fields are ${Object.keys(fields).join(', ')}; ${example}`,
    );
  }
}

function isOfType(value: unknown, type: Fields[string]['type']): boolean {
  if (type !== 'strings') return typeof value === type;
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/**
 * Refuses what was not made by `backup`, before anything is paused: a window that somebody starts by hand with half an input
 * must not fail between pause and resume.
 */
export function checkWindowShape(input: unknown): void {
  const plan = fieldsOf(fieldsOf(input)['plan']);
  const set = fieldsOf(fieldsOf(input)['set']);
  const { backupId, waves } = set;
  const isWhole =
    typeof plan['cluster'] === 'string' &&
    (plan['pause'] === 'soft' || plan['pause'] === 'hard') &&
    typeof plan['store'] === 'string' &&
    typeof fieldsOf(plan['budgets'])['partMs'] === 'number' &&
    typeof backupId === 'string' &&
    /^[1-9]\d*$/.test(backupId) &&
    Array.isArray(waves) &&
    waves.every(Array.isArray);
  if (!isWhole)
    throw fail(
      'InvalidInput',
      'a window is started by `backup` alone; start `backup` with {"cluster":"prod"}',
    );
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
