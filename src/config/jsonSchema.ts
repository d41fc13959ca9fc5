import { z } from 'zod';
import { Config } from './schema.ts';

/** JSON Schema of what people write into `safepoint.yaml`, for editors and for error messages. */
export function configJsonSchema() {
  return z.toJSONSchema(Config, { io: 'input' });
}

type JsonSchema = ReturnType<typeof configJsonSchema>;

/** Built once: every problem of a file looks into it. */
let whole: JsonSchema | undefined;

/** Names of the fields that may stand at this path of the config; [] where any name may. */
export function knownFields(path: readonly PropertyKey[]): string[] {
  return [...new Set(branchesAt(path).flatMap((branch) => Object.keys(branch.properties ?? {})))];
}

/** The description of the field at this path, if it has one. */
export function describeField(path: readonly PropertyKey[]): string | undefined {
  return branchesAt(path).find((branch) => branch.description !== undefined)?.description;
}

function branchesAt(path: readonly PropertyKey[]): JsonSchema[] {
  whole ??= configJsonSchema();
  let branches = expand(whole);
  for (const step of path) {
    branches = branches.flatMap((branch) => {
      const next = branch.properties?.[String(step)] ?? branch.additionalProperties ?? branch.items;
      return isSchema(next) ? expand(next) : [];
    });
  }
  return branches;
}

function expand(schema: JsonSchema): JsonSchema[] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  return [schema, ...alternatives.flatMap(expand)];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
