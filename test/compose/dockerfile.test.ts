import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = path.join(import.meta.dirname, '..', '..');
const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
const ignore = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');

/** What `COPY a b target` takes from the context. */
function copiedSources(): string[] {
  return [...dockerfile.matchAll(/^COPY (.+)$/gm)].flatMap(([, paths = '']) => paths.split(' ').slice(0, -1));
}

describe('Dockerfile', () => {
  it('copies what there is, and nothing that .dockerignore keeps out', () => {
    const sources = copiedSources();

    expect(sources).toEqual(['package.json', 'package-lock.json', 'src', 'scripts/bundleWorkflows.ts']);
    expect(sources.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
    expect(sources.filter((source) => !ignore.includes(`!${source}`))).toEqual([]);
  });

  it('names the bundle of the workflows where it has put it', () => {
    expect(dockerfile).toMatch(/^RUN node scripts\/bundleWorkflows\.ts$/m);
    expect(dockerfile).toMatch(/^WORKDIR \/opt\/safepoint$/m);
    expect(dockerfile).toMatch(/^ENV SAFEPOINT_WORKFLOW_BUNDLE=\/opt\/safepoint\/dist\/workflows\.js$/m);
  });

  it('starts a file that it copies', () => {
    const [, entry = ''] = /^ENTRYPOINT \["node", "([^"]+)"\]$/m.exec(dockerfile) ?? [];

    expect(existsSync(path.join(root, entry))).toBe(true);
    expect(copiedSources()).toContain(entry.split('/')[0]);
  });

  it('has the Node that package.json asks for, and does not run as root', () => {
    const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };

    expect(dockerfile).toContain(`FROM node:${engines.node.replace('>=', '')}-`);
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});
