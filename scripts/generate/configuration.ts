import { NAME_PATTERN } from '../../src/config/schema.ts';
import { configSections, type ConfigSection } from './configFields.ts';
import { markdownTable } from './markdown.ts';

/** docs/configuration.md */
export function configurationReference(): string {
  return [
    '<!-- Written by `npm run generate` from src/config. Edit there. -->',
    '# Configuration',
    '',
    'Every field of `safepoint.yaml`.',
    'The file is found by `--config`, then `SAFEPOINT_CONFIG`, then `./safepoint.yaml`.',
    '[safepoint.example.yaml](../safepoint.example.yaml) shows the fields at work, [schema/safepoint.schema.json](../schema/safepoint.schema.json) makes editors complete them.',
    '',
    'Fields that are not here are refused, and all problems of a file are listed at once.',
    `\`NAME\` stands for a name of your choice: \`${NAME_PATTERN}\`.`,
    'A field whose default is empty may be left out; its description says what that means.',
    '*Required* holds where the object around the field is given.',
    'A time span is a number with its unit, such as `90 s`, `5 m` or `2 h`, and at most a year.',
    '',
    ...configSections().flatMap(renderSection),
  ].join('\n');
}

function renderSection({ title, description, fields }: ConfigSection): string[] {
  const rows = fields.map((field) => [
    `\`${field.path}\``,
    field.allowed,
    field.default,
    field.description ?? '',
  ]);
  return [
    `## ${title}`,
    '',
    ...(description === undefined ? [] : [asSentence(description), '']),
    ...markdownTable(['Field', 'Allowed', 'Default', 'What it is'], rows),
    '',
  ];
}

function asSentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
