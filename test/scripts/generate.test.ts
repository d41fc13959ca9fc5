import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateFiles } from '../../scripts/generate.ts';
import { configSections } from '../../scripts/generate/configFields.ts';

const ROOT = path.join(import.meta.dirname, '../..');

const files = generateFiles();

describe('scripts/generate: generateFiles', () => {
  it.each(files)(
    '$path in the repository is what the code says; else `npm run generate`',
    ({ path: file, text }) => {
      const inRepository = readFileSync(path.join(ROOT, file), 'utf8');

      expect(inRepository).toBe(text);
    },
  );

  it('describes the whole config for editors', () => {
    const file = files.find((generated) => generated.path === 'schema/safepoint.schema.json');

    const schema = JSON.parse(file?.text ?? '') as { properties: object; required: string[] };

    expect(Object.keys(schema.properties)).toEqual([
      'temporal',
      'sentinel',
      'metrics',
      'health',
      'stores',
      'clusters',
      'schedules',
    ]);
    expect(schema.required).toEqual(['stores', 'clusters']);
  });
});

describe('scripts/generate: docs/configuration.md', () => {
  it('has a description of every section and every field', () => {
    const sections = configSections();

    const bare = sections.flatMap(({ title, description, fields }) => [
      ...(description === undefined ? [title] : []),
      ...fields.filter((field) => !field.description).map(({ path: field }) => `${title}: ${field}`),
    ]);

    expect(bare).toEqual([]);
    expect(sections.flatMap(({ fields }) => fields).length).toBeGreaterThan(60);
  });

  it('has every field of the schema, and marks secrets as references', () => {
    const schema = files.find(({ path: file }) => file === 'schema/safepoint.schema.json')?.text ?? '';
    const inSchema = new Set(fieldNames(JSON.parse(schema)));
    const fields = configSections().flatMap((section) => section.fields);

    const named = new Set(fields.flatMap(({ path: field }) => field.replaceAll('[]', '').split('.')));

    expect([...inSchema].filter((name) => !named.has(name))).toEqual([]);
    for (const secret of fields.filter(({ path: field }) =>
      /(password|token|clientKey|accessKey\w*)$/i.test(field),
    ))
      expect(secret.allowed).toContain('(#secrets)');
  });
});

describe('scripts/generate: schema/cli', () => {
  it('has no schema of a command that is gone', () => {
    const inRepository = globSync('schema/cli/*.json', { cwd: ROOT });

    expect(inRepository.filter((file) => !files.some((generated) => generated.path === file))).toEqual([]);
  });
});

function fieldNames(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(fieldNames)];
}
