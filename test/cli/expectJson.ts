import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import type * as json from '../../src/cli/json.ts';

/** What `--json` prints, by the words of the command. */
type Printed = {
  run: json.RunJson;
  doctor: json.DoctorJson;
  list: json.ListJson;
  show: json.ShowJson;
  verify: json.VerifyJson;
  prune: json.PruneJson;
  hold: json.HoldJson;
  release: json.ReleaseJson;
  status: json.StatusJson;
  cancel: json.CancelJson;
  repair: json.RepairJson;
  restore: json.RestoreJson;
  approve: json.ApproveJson;
  drill: json.DrillJson;
  resume: json.ResumeJson;
  replicate: json.ReplicateJson;
  'schedule apply': json.ScheduleApplyJson;
  'schedule list': json.ScheduleListJson;
  'schedule trigger': json.ScheduleTriggerJson;
  'schedule pause': json.SchedulePauseJson;
  'schedule unpause': json.ScheduleUnpauseJson;
  'schedule delete': json.ScheduleDeleteJson;
  failure: json.FailureJson;
};

const validators = new Map<string, ValidateFunction>();

/** Fails where the output is not JSON, breaks its schema in the repository, or has a field that the schema does not tell of. */
export function expectJson<Words extends keyof Printed>(words: Words, stdout: string): Printed[Words] {
  const printed: unknown = JSON.parse(stdout);
  const validate = validatorOf(words);
  validate(printed);
  expect({ words, errors: validate.errors ?? [] }).toEqual({ words, errors: [] });
  return printed as Printed[Words];
}

function validatorOf(words: string): ValidateFunction {
  const known = validators.get(words);
  if (known !== undefined) return known;
  const file = path.join(import.meta.dirname, `../../schema/cli/${words.replaceAll(' ', '-')}.schema.json`);
  const schema = JSON.parse(readFileSync(file, 'utf8')) as object;
  const validate = new Ajv({ allErrors: true }).compile(closed(schema) as object);
  validators.set(words, validate);
  return validate;
}

/** Scripts must bear new fields, so the schemas allow them; here a field that the schema does not have is a mistake. */
function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = inner.type === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return isObject ? { ...inner, additionalProperties: false } : inner;
}
