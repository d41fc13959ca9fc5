import { readJson } from '../system/http/answer.ts';
import { sha256Of } from '../system/sha256.ts';
import { requireOk } from './answers.ts';
import { startingWith } from './indexNames.ts';
import type { CallOptions } from './callOptions.ts';
import type { IndexAlias, Template, TemplateKind } from './restorePort.ts';
import type { Get } from './restoringShards.ts';
import { AliasesByIndex, ComponentTemplates, IndexTemplates } from './schema/restore.ts';

export async function readAliases(
  get: Get,
  prefixes: string[],
  options?: CallOptions,
): Promise<IndexAlias[]> {
  if (prefixes.length === 0) return [];
  const answer = await get(`/${startingWith(prefixes)}/_alias?expand_wildcards=all`, options);
  const found = Object.entries(readJson(requireOk(answer), AliasesByIndex)).flatMap(([index, { aliases }]) =>
    Object.entries(aliases).map(([alias, definition]) => ({ index, alias, sha256: digestOf(definition) })),
  );
  return found.sort((a, b) => a.index.localeCompare(b.index) || a.alias.localeCompare(b.alias));
}

/** One question a prefix: these endpoints take one name or pattern. */
export async function readTemplates(
  get: Get,
  prefixes: string[],
  options?: CallOptions,
): Promise<Template[]> {
  const found = new Map<string, Template>();
  const add = (kind: TemplateKind, name: string, content: unknown) =>
    found.set(`${kind} ${name}`, { kind, name, sha256: digestOf(content) });
  for (const prefix of prefixes) {
    const pattern = startingWith([prefix]);
    const composable = await get(`/_index_template/${pattern}`, options);
    if (composable.status !== 404) {
      const { index_templates: templates } = readJson(requireOk(composable), IndexTemplates);
      for (const { name, index_template } of templates) add('index template', name, index_template);
    }
    const components = await get(`/_component_template/${pattern}`, options);
    if (components.status !== 404) {
      const { component_templates: templates } = readJson(requireOk(components), ComponentTemplates);
      for (const { name, component_template } of templates)
        add('component template', name, component_template);
    }
  }
  return [...found.values()].sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
}

/** Two engines, or one after a restart, may give the same keys in another order. */
function digestOf(content: unknown): string {
  return sha256Of(JSON.stringify(content, sortKeys));
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
