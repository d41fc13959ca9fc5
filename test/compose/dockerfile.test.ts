import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { root, serviceOf } from './composeFile.ts';
import { buildStage, environmentOfImage, finalStage, instructions, textsOf } from './dockerfile.ts';

const ignore = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');

describe('Dockerfile', () => {
  it('copies what there is, and nothing that .dockerignore keeps out', () => {
    const sources = textsOf(buildStage, 'COPY').flatMap((text) => text.split(' ').slice(0, -1));

    expect(sources).toEqual(['package.json', 'package-lock.json', 'src', 'scripts/bundleWorkflows.ts']);
    expect(sources.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
    expect(sources.filter((source) => !ignore.includes(`!${source}`))).toEqual([]);
  });

  it('takes the folder of the first stage as a whole, and nothing else', () => {
    const [folder] = textsOf(buildStage, 'WORKDIR');

    expect(textsOf(finalStage, 'COPY')).toEqual([`--from=build ${folder ?? ''} ./`]);
    expect(textsOf(finalStage, 'WORKDIR')).toEqual([folder]);
  });

  it('names the bundle of the workflows where it has put it', () => {
    const [folder = ''] = textsOf(buildStage, 'WORKDIR');

    expect(textsOf(buildStage, 'RUN')).toContain('node scripts/bundleWorkflows.ts');
    expect(environmentOfImage()['SAFEPOINT_WORKFLOW_BUNDLE']).toBe(`${folder}/dist/workflows.js`);
  });

  it('starts the command that it puts on PATH, which is the one of package.json', () => {
    const { bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      bin: { safepoint: string };
    };
    const [folder = ''] = textsOf(buildStage, 'WORKDIR');

    expect(textsOf(finalStage, 'RUN')).toContain(
      `ln -s ${path.posix.join(folder, bin.safepoint)} /usr/local/bin/safepoint`,
    );
    expect(textsOf(finalStage, 'ENTRYPOINT')).toEqual(['["safepoint"]']);
    expect(textsOf(finalStage, 'CMD')).toEqual(['["worker"]']);
  });

  it('has the Node that package.json asks for', () => {
    const { engines } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };

    const images = textsOf(instructions, 'FROM').map((text) => text.split('-')[0]);

    expect(images).toEqual(Array(2).fill(`node:${engines.node.replace('>=', '')}`));
  });

  it('runs as a number that is not root, the one of the Kubernetes manifests', () => {
    const deployment = parse(
      readFileSync(path.join(root, 'ops', 'kubernetes', 'deployment.yaml'), 'utf8'),
    ) as {
      spec: { template: { spec: { securityContext: { runAsUser: number; runAsGroup: number } } } };
    };
    const { runAsUser, runAsGroup } = deployment.spec.template.spec.securityContext;

    expect(textsOf(finalStage, 'USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
    expect(runAsUser).toBeGreaterThan(0);
  });

  it('has the client of the PostgreSQL that the profile try dumps', () => {
    const [packages = ''] = textsOf(finalStage, 'RUN').filter((text) => text.startsWith('apt-get'));
    const clients: Record<string, number> = { bookworm: 15, trixie: 17 };
    const [release = ''] = textsOf(instructions, 'ARG').map((text) => text.split('=')[1] ?? '');
    const [, server] = /:-(\d+)\}$/.exec(serviceOf('web-modeler-db').image ?? '') ?? [];

    expect(packages.split(' ')).toEqual(
      expect.arrayContaining(['ca-certificates', 'postgresql-client', 'zstd']),
    );
    expect(clients[release]).toBeGreaterThanOrEqual(Number(server));
  });
});
