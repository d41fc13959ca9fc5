import type { z } from 'zod';
import { describeField, knownFields } from './jsonSchema.ts';

/** One thing that is wrong in the config. `seen` is absent where the value could be a secret. */
export type Problem = { path: PropertyKey[]; seen?: string; allowed: string };

type Issue = z.core.$ZodIssue;

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'fields',
  record: 'entries by name',
};

/** A field with such a name never has its value shown, whatever is wrong with it. */
const SECRET_NAME = /password|passwd|secret|token|key|auth|credential/i;

/** What an issue of the schema means to the person who wrote the file. Issues carry their input (`reportInput`). */
export function toProblems(issue: Issue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(issue.path).join(', ');
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      seen: 'a field that is not known here',
      allowed: `one of the fields ${known}`,
    }));
  }
  const problem = { path: issue.path, allowed: allowedBy(issue) };
  const seen = seenIn(issue);
  return seen === undefined ? [problem] : [{ ...problem, seen }];
}

function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = KINDS[issue.expected] ?? issue.expected;
      const description = issue.input === undefined ? describeField(issue.path) : undefined;
      return description === undefined ? kind : `${kind} (${description})`;
    }
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'a URL that begins with http:// or https://' : issue.message;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'not empty'
        : `at least ${String(issue.minimum)}`;
    case 'too_big':
      return `at most ${String(issue.maximum)}`;
    case 'invalid_union':
      return issue.discriminator === undefined ? issue.message : `one of ${unionOptions(issue).join(', ')}`;
    default:
      return issue.message;
  }
}

function unionOptions(issue: Issue): string[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function seenIn(issue: Issue): string | undefined {
  if (issue.path.some((step) => SECRET_NAME.test(String(step))))
    return issue.input === undefined ? 'nothing' : undefined;
  if (issue.code === 'invalid_union') return fieldOf(issue.input, issue.discriminator);
  // Where fields belong, a text may be a secret that stands one level too high.
  if (issue.code === 'invalid_type' && !['string', 'number', 'int', 'boolean'].includes(issue.expected))
    return kindOf(issue.input);
  return show(issue.input);
}

function fieldOf(input: unknown, field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  return show(
    typeof input === 'object' && input !== null ? (input as Record<string, unknown>)[field] : undefined,
  );
}

function kindOf(input: unknown): string {
  if (input === undefined || input === null) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  return typeof input === 'object' ? 'fields' : `a ${typeof input === 'string' ? 'text' : typeof input}`;
}

/** A short value as it stands in the file; whatever may be user and password of a URL is cut out. */
export function show(input: unknown): string {
  if (typeof input !== 'string' && typeof input !== 'number' && typeof input !== 'boolean')
    return kindOf(input);
  const text = JSON.stringify(input).replace(/^"[^]*@/, '"(hidden)@');
  return text.length > 80 ? `${text.slice(0, 77)}..."` : text;
}

/** `clusters.prod.brokers.0.url` */
export function showPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the file' : path.map(String).join('.');
}
