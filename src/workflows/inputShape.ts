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
    .filter((field) => !(field in FIELDS))
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
