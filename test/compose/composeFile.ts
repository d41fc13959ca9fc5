import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const root = path.join(import.meta.dirname, '..', '..');
export const composePath = path.join(root, 'docker-compose.yml');
export const composeText = readFileSync(composePath, 'utf8');

export type Service = {
  image?: string;
  build?: string;
  profiles?: string[];
  entrypoint?: string[];
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  ports?: string[];
  restart?: string;
  volumes?: (string | { type: string; source: string })[];
};

/** The file as it is written, with variables and `$$` as they stand. */
export const compose = parse(composeText) as {
  services: Record<string, Service>;
  configs: Record<string, { content: string }>;
  volumes: object;
};
export const services = Object.entries(compose.services);

export function serviceOf(name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/** Text of a command or config as the container sees it. `variables` stand for those of the operator, all others are empty. */
export function inContainer(text: string, variables: Record<string, string> = {}): string {
  return text
    .replace(/(?<!\$)\$\{(\w+)[^}]*\}/g, (_, name: string) => variables[name] ?? '')
    .replaceAll('$$', '$');
}

export type Variable = { name: string; fallback: string | undefined };

/** Every `${NAME}`, `${NAME:-fallback}` and `${NAME:?reason}` of the file. */
export function variablesOf(text: string): Variable[] {
  return [...text.matchAll(/(?<!\$)\$\{(\w+)(?::-([^}]*))?[^}]*\}/g)].map(([, name = '', fallback]) => ({
    name,
    fallback,
  }));
}
