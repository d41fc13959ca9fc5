import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { configJsonSchema } from '../src/config/jsonSchema.ts';
import { BackupInput, BackupResult } from '../src/contract/backup.ts';
import { Manifest } from '../src/contract/manifest.ts';
import { cliReference } from './generate/cli.ts';
import { cliSchemas, FAILURE, schemaPathOf } from './generate/cliSchemas.ts';
import { configurationReference } from './generate/configuration.ts';
import { errorReference } from './generate/errors.ts';

/** A file of the repository that is written from code; `path` is relative to the root. */
export type GeneratedFile = { path: string; text: string };

/** Everything that `npm run generate` writes. A test compares it with what lies in the repository. */
export function generateFiles(): GeneratedFile[] {
  return [
    {
      path: 'schema/safepoint.schema.json',
      text: schemaText('Safepoint config', 'safepoint.yaml', configJsonSchema()),
    },
    {
      path: 'schema/backup-input.schema.json',
      text: schemaText(
        'Safepoint backup input',
        'What starts a backup',
        z.toJSONSchema(BackupInput, { io: 'input' }),
      ),
    },
    {
      path: 'schema/backup-result.schema.json',
      text: schemaText(
        'Safepoint backup result',
        'What a backup returns. Fields may be added.',
        z.toJSONSchema(BackupResult, { io: 'input' }), // as input, unknown fields are allowed
      ),
    },
    {
      path: 'schema/manifest.schema.json',
      text: schemaText(
        'Safepoint manifest',
        'manifest.json, the last object of a backup set. Times ISO 8601 in UTC, spans milliseconds, sizes bytes, digests hex.',
        z.toJSONSchema(Manifest, { io: 'input' }),
      ),
    },
    ...cliSchemas().map(({ words, schema }) => ({
      path: schemaPathOf(words),
      text: schemaText(
        `safepoint ${words}`,
        `What ${words === FAILURE ? 'a command that fails' : 'it'} prints with --json`,
        schema,
      ),
    })),
    { path: 'docs/errors.md', text: errorReference() },
    { path: 'docs/configuration.md', text: configurationReference() },
    { path: 'docs/cli.md', text: cliReference() },
  ];
}

function schemaText(title: string, description: string, schema: object): string {
  const { $schema } = { $schema: undefined, ...schema };
  const head = { $schema, title, description };
  return `${JSON.stringify({ ...head, ...schema, ...head }, null, 2)}\n`; // the order of the first, the words of the last
}

export function writeFiles(root: string): void {
  for (const { path, text } of generateFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

if (import.meta.main) writeFiles(join(import.meta.dirname, '..'));
