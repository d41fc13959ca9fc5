import path from 'node:path';
import type { Command } from 'commander';
import * as tsj from 'ts-json-schema-generator';
import { withSubcommands, wordsOf } from '../../src/cli/main.ts';
import { bareProgram } from './program.ts';
import { ZodTypes } from './zodTypes.ts';

/** Stands beside the commands: what any of them prints when it fails. */
export const FAILURE = 'failure';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** `schedule list` → `schema/cli/schedule-list.schema.json` */
export function schemaPathOf(words: string): string {
  return `schema/cli/${words.replaceAll(' ', '-')}.schema.json`;
}

export function hasJson(command: Command): boolean {
  return command.options.some(({ long }) => long === '--json');
}

/** What `--json` prints, one schema a command that has it and one for the failure; from the types in src/cli/json.ts. */
export function cliSchemas(): { words: string; schema: object }[] {
  const commands = withSubcommands(bareProgram()).filter(hasJson).map(wordsOf);
  const generator = createGenerator(); // takes seconds, so one for all
  return [...commands, FAILURE].map((words) => ({
    words,
    schema: generator.createSchema(typeNameOf(words)),
  }));
}

/** `schedule list` → `ScheduleListJson` */
function typeNameOf(words: string): string {
  const parts = words.split(' ').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  return `${parts.join('')}Json`;
}

/** Fields may be added, so other fields are allowed. The types are checked by `npm run check:types`. */
function createGenerator(): tsj.SchemaGenerator {
  const config: tsj.CompletedConfig = {
    ...tsj.DEFAULT_CONFIG,
    path: path.join(ROOT, 'src', 'cli', 'json.ts'),
    tsconfig: path.join(ROOT, 'tsconfig.json'),
    skipTypeCheck: true,
    topRef: false,
    additionalProperties: true,
  };
  const zodTypes = new ZodTypes();
  const program = tsj.createProgram(config);
  const parser = tsj.createParser(program, config, (chain) => void chain.addNodeParser(zodTypes));
  const formatter = tsj.createFormatter(config, (chain) => void chain.addTypeFormatter(zodTypes));
  return new tsj.SchemaGenerator(program, parser, formatter, config);
}
