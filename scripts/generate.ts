import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { configJsonSchema } from '../src/config/jsonSchema.ts';
import { BackupInput, BackupResult } from '../src/contract/backup.ts';
import { errorCatalogue, type CatalogueEntry } from '../src/contract/errors.ts';
import { Manifest } from '../src/contract/manifest.ts';

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
    { path: 'docs/errors.md', text: errorReference() },
  ];
}

function schemaText(title: string, description: string, schema: z.core.JSONSchema.BaseSchema): string {
  const { $schema, ...body } = schema;
  return `${JSON.stringify({ $schema, title, description, ...body }, null, 2)}\n`;
}

function errorReference(): string {
  const rows = Object.entries<CatalogueEntry>(errorCatalogue).map(
    ([code, entry]) => `| \`${code}\` | ${entry.meaning} | ${triedAgain(entry)} | ${entry.operatorAction} |`,
  );
  return [
    '<!-- Written by `npm run generate` from src/contract/errors.ts. Edit there. -->',
    '# Errors',
    '',
    'Every failure that Safepoint names.',
    'In Temporal the code is the type of the failure, in the command it stands before the message, and with `--json` it is `error.code`.',
    'Codes are stable: scripts may rely on them.',
    '*Tried again* says whether the same step is repeated by itself; a run fails only when that has ended too.',
    '*With a new id*: the set is lost; it is cleaned up, and the run starts over as often as `attempts` of the cluster allows.',
    '',
    '| Code | What it means | Tried again | What to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function triedAgain({ retry, startsOver }: CatalogueEntry): string {
  if (startsOver === true) return 'with a new id';
  return retry ? 'yes' : 'no';
}

export function writeFiles(root: string): void {
  for (const { path, text } of generateFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

if (import.meta.main) writeFiles(join(import.meta.dirname, '..'));
