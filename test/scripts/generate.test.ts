import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generateFiles } from '../../scripts/generate.ts';

const ROOT = path.join(import.meta.dirname, '../..');

describe('scripts/generate: generateFiles', () => {
  it.each(generateFiles())(
    '$path in the repository is what the code says; else `npm run generate`',
    ({ path: file, text }) => {
      const inRepository = readFileSync(path.join(ROOT, file), 'utf8');

      expect(inRepository).toBe(text);
    },
  );

  it('describes the whole config for editors', () => {
    const file = generateFiles().find((generated) => generated.path === 'schema/safepoint.schema.json');

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
