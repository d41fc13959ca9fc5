import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { EXIT } from '../../src/cli/exitCodes.ts';
import { BackupInput, PROCEDURE_NAMES, type Verdict } from '../../src/contract/backup.ts';
import { BACKUP_WORKFLOW, GET_STATUS_QUERY, TASK_QUEUE } from '../../src/contract/names.ts';
import { CUT_PARTS } from '../../src/contract/parts.ts';
import { FAILURE, INTENT, MANIFEST } from '../../src/domain/setKeys.ts';
import { planWaves, procedures } from '../../src/domain/procedures.ts';
import { codeSpans, pageText, root, section, tableRows } from './pages.ts';

const readme = pageText('README.md');

describe('README.md: set-up', () => {
  it('takes exactly two commands', () => {
    const blocks = section(readme, 'Five minutes').matchAll(/^```sh\n([^]*?)\n```$/gm);

    expect([...blocks].map(([, block]) => block)).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
  });
});

describe('README.md: what it says of the code', () => {
  it('has every procedure with its pause and its order', () => {
    const rows = tableRows(readme, '| Procedure | Pause | Order |');

    const said = rows.map(([name = '', pause, order = '']) => [codeSpans(name)[0], pause, codeSpans(order)]);

    expect(said).toEqual(
      PROCEDURE_NAMES.map((name) => [
        name,
        procedures[name].pause,
        name === 'parallel' ? [] : planWaves(name, CUT_PARTS).flat(),
      ]),
    );
  });

  it('has every verdict', () => {
    const rows = tableRows(readme, '| Verdict | Meaning |');
    const verdicts: Record<Verdict, true> = { complete: true, partial: true, failed: true };

    expect(rows.flatMap(([name = '']) => codeSpans(name))).toEqual(Object.keys(verdicts));
  });

  it('has every exit code', () => {
    const rows = tableRows(readme, '| Exit code | Meaning |');

    expect(rows.map(([code]) => Number(code))).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });

  it('has every step of the page', () => {
    const rows = tableRows(readme, '| Step | Today |');

    expect(rows.map(([step = '']) => step.split(' ')[0])).toEqual([
      'Before',
      ...Array.from({ length: 8 }, (_, index) => String(index + 1)),
    ]);
  });

  it('has every object of a set', () => {
    const listing = section(readme, 'A set in the bucket');

    for (const object of [INTENT, MANIFEST, FAILURE]) expect(listing).toContain(object);
  });

  it('starts the workflow with names and an input that the worker takes', () => {
    const starts = [...readme.matchAll(/--type (\S+) --task-queue (\S+) --input '([^']+)'/g)];

    expect(starts.length).toBe(1);
    for (const [, type, queue, input = ''] of starts) {
      expect([type, queue]).toEqual([BACKUP_WORKFLOW, TASK_QUEUE]);
      expect(BackupInput.safeParse(JSON.parse(input)).success).toBe(true);
    }
  });
});

describe('docs: what they say of the code', () => {
  it('operations.md asks the query that the workflows answer', () => {
    expect(pageText(path.join('docs', 'operations.md'))).toContain(`--type ${GET_STATUS_QUERY}`);
  });

  it('the first decision has a reason for every runtime dependency, and no other', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const source = globSync('src/**/*.ts', { cwd: root })
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join('\n');
    // Nothing imports protobufjs: it is there for its version. Whatever else nobody imports, knip finds.
    const used = Object.keys(dependencies).filter(
      (name) => name === 'protobufjs' || new RegExp(`from '${name}['/]`).test(source),
    );

    const decision = pageText(path.join('docs', 'decisions', '0001-runtime-dependencies.md'));
    const named = tableRows(decision, '| Package | Why |').flatMap(([packages = '']) => codeSpans(packages));

    expect(named.sort()).toEqual(used.sort());
  });

  it('child-workflows.md has the contract for parents, and every name that the package exports', () => {
    const page = pageText(path.join('docs', 'child-workflows.md'));
    const contract = tableRows(page, '| | |').map(([what, is = '']) => [what, codeSpans(is)[0]]);

    expect(Object.fromEntries(contract)).toMatchObject({
      'Workflow type': BACKUP_WORKFLOW,
      'Task queue': TASK_QUEUE,
      Query: GET_STATUS_QUERY,
    });
    const entry = readFileSync(path.join(root, 'src/parent/index.ts'), 'utf8');
    const names = [...entry.matchAll(/\{([^}]+)\} from/g)].flatMap(
      ([, list = '']) => list.match(/\w{5,}/g) ?? [],
    );
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !codeSpans(page).includes(name))).toEqual([]);
  });

  it('the clusters of README are in the example that it tells to copy', () => {
    const example = parse(readFileSync(path.join(root, 'safepoint.example.yaml'), 'utf8')) as {
      clusters: object;
    };
    const named = [
      ...readme.matchAll(/"cluster":"([^"]+)"|npx safepoint (?:run|doctor|list|cancel|resume) ([a-z]+)/g),
    ];

    const clusters = new Set(named.map(([, inInput, inCommand]) => inInput ?? inCommand));

    expect([...clusters].filter((name) => !(String(name) in example.clusters))).toEqual([]);
    expect(clusters.size).toBeGreaterThan(0);
  });

  it('every import rule that ARCHITECTURE.md tells of is enforced', () => {
    const rules = readFileSync(path.join(root, '.dependency-cruiser.cjs'), 'utf8');
    const folders = section(pageText('ARCHITECTURE.md'), 'Import rules');

    const enforced = [...rules.matchAll(/from: \{ path: '\^src\/\(?([a-z|]+)/g)].flatMap(([, names = '']) =>
      names.split('|'),
    );

    expect(enforced.length).toBeGreaterThan(4);
    for (const folder of enforced) expect(folders).toContain(`\`${folder}\``);
  });
});
