import { fail } from './failures.ts';

const FIELDS = {
  cluster: 'a cluster name',
  procedure: 'a procedure name',
  backupId: 'decimal digits in quotes',
} as const;

/**
 * Refuses input of a wrong shape in the first workflow task, so that our sentence is what the UI shows first. Names and
 * values are checked by `planBackup`, which knows the config.
 */
export function checkInputShape(input: unknown): void {
  const example = 'give an object such as {"cluster":"prod"}';
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw fail(
      'InvalidInput',
      `input is ${input === undefined ? 'empty' : JSON.stringify(input)}; ${example}`,
    );
  }
  const problems = Object.keys(input)
    .filter((field) => !Object.hasOwn(FIELDS, field))
    .map((field) => `unknown field ${JSON.stringify(field)}`);
  if (!('cluster' in input)) problems.push('cluster is missing');
  for (const [field, wanted] of Object.entries(FIELDS)) {
    const value = (input as Record<string, unknown>)[field];
    if (value !== undefined && typeof value !== 'string') {
      problems.push(`${field} is ${JSON.stringify(value)}, must be ${wanted}`);
    }
  }
  if (problems.length > 0) {
    throw fail(
      'InvalidInput',
      `${problems.join('; ')}; fields are ${Object.keys(FIELDS).join(', ')}; ${example}`,
    );
  }
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
