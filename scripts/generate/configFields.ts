import type { z } from 'zod';
import { configJsonSchema } from '../../src/config/jsonSchema.ts';

/** One field of `safepoint.yaml`; `NAME` in its path stands for a name that people choose. */
export type ConfigField = {
  path: string;
  /** What may stand there, as Markdown. */
  allowed: string;
  /** As Markdown; `required` where there is none, empty where leaving it out means something else. */
  default: string;
  description: string | undefined;
};

/** The fields that belong together: one of the top level, one kind of store, or what stands in many places. */
export type ConfigSection = { title: string; description: string | undefined; fields: ConfigField[] };

type Schema = z.core.JSONSchema.BaseSchema;

/** Every field of the config, each in one section. */
export function configSections(): ConfigSection[] {
  const whole: Schema = configJsonSchema();
  const endpoint = child(child(child(whole, 'clusters'), null), 'zeebe');
  const secret = child(alternatives(child(endpoint, 'auth'))[0] ?? {}, 'password');
  return [
    ...Object.entries(whole.properties ?? {}).flatMap(([name, schema]) => sectionsOf(name, toSchema(schema))),
    { title: 'Endpoints', description: 'Fields of each endpoint above.', fields: fieldsBelow('', endpoint) },
    {
      title: 'Secrets',
      description:
        'A secret never stands in the config; one of these says where it is. It is read each time it is used.',
      fields: alternatives(secret).flatMap((kind) => fieldsBelow('', kind)),
    },
  ];
}

function sectionsOf(name: string, schema: Schema): ConfigSection[] {
  const { description } = schema;
  if (schema.properties !== undefined)
    return [{ title: name, description, fields: fieldsBelow(name, schema) }];
  const named = child(schema, null);
  const kinds = alternatives(named);
  if (kinds.length === 0)
    return [{ title: `${name}.NAME`, description, fields: fieldsBelow(`${name}.NAME`, named) }];
  return kinds.map((kind) => ({
    title: `${name}.NAME, type ${String(child(kind, 'type').const)}`,
    description,
    fields: fieldsBelow(`${name}.NAME`, kind),
  }));
}

function fieldsBelow(prefix: string, schema: Schema): ConfigField[] {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    fieldsOf(prefix === '' ? name : `${prefix}.${name}`, toSchema(property), required.includes(name)),
  );
}

/** The field itself, then what stands below it. */
function fieldsOf(path: string, schema: Schema, required: boolean): ConfigField[] {
  const field = {
    path,
    allowed: allowedIn(schema),
    default: required ? 'required' : defaultOf(schema),
    description: schema.description,
  };
  return [field, ...fieldsWithin(path, schema)];
}

function fieldsWithin(path: string, schema: Schema): ConfigField[] {
  if (isSecret(schema)) return [];
  if (schema.type === 'array') {
    const each = toSchema(schema.items);
    return isEndpoint(each) ? [] : fieldsBelow(`${path}[]`, each);
  }
  if (isEndpoint(schema)) {
    const more = fieldsBelow(path, schema);
    return more.filter((field) => !/\.(url|auth|tls)$|\.(auth|tls)\./.test(field.path.slice(path.length)));
  }
  if (isMap(schema)) return fieldsBelow(`${path}.NAME`, child(schema, null));
  return [schema, ...alternatives(schema)].flatMap((kind) => fieldsBelow(path, kind));
}

function allowedIn(schema: Schema): string {
  if (isSecret(schema)) return '[secret](#secrets)';
  if (isEndpoint(schema)) return '[endpoint](#endpoints)';
  if (schema.type === 'array') return `list of ${allowedIn(toSchema(schema.items))}`;
  if (isMap(schema)) return 'map by name';
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.type === 'integer') return `whole number, ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'boolean') return [true, false].map(code).join(', ');
  if (schema.format === 'uri') return 'URL, http or https';
  if (schema.examples !== undefined) return 'time span';
  return schema.type === 'string' ? 'text' : 'object';
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined || typeof schema.default === 'object' ? '' : code(schema.default);
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

function isSecret(schema: Schema): boolean {
  return alternatives(schema).some(({ properties }) => properties?.env !== undefined);
}

function isEndpoint({ properties = {} }: Schema): boolean {
  return ['url', 'auth', 'tls'].every((name) => name in properties);
}

function isMap(schema: Schema): boolean {
  return typeof schema.additionalProperties === 'object';
}

function alternatives({ anyOf = [], oneOf = [] }: Schema): Schema[] {
  return [...anyOf, ...oneOf].map(toSchema);
}

/** The property, or what each value of a map is. */
function child(schema: Schema, name: string | null): Schema {
  return toSchema(name === null ? schema.additionalProperties : schema.properties?.[name]);
}

function toSchema(value: unknown): Schema {
  if (typeof value !== 'object' || value === null)
    throw new Error('the config schema has a form that is not known here');
  return value as Schema;
}
