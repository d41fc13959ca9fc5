import { readFileSync } from 'node:fs';
import { SafepointError } from '../contract/errors.ts';
import { checkAcrossFields } from './checks.ts';
import { showPath, toProblems, type Problem } from './problems.ts';
import { Config, NAME_PATTERN } from './schema.ts';
import { parseConfigSource, type ConfigSource } from './source.ts';

const DEFAULT_PATH = './safepoint.yaml';

/** More problems than a person reads at once: the rest is counted. */
const SHOWN_PROBLEMS = 100;

/**
 * Reads and checks the config file. It is found in this order:
 *  1. `path`, which is what `--config` gives
 *  2. environment variable `SAFEPOINT_CONFIG`
 *  3. `./safepoint.yaml`
 * Fails with `InvalidConfig`, which lists all problems at once: field, line, what was seen, what is allowed. Secrets
 * are read only to see that they are there: the result holds references, the message never holds a value of one.
 */
export function loadConfig(path?: string): Config {
  const file = findConfig(path);
  const source = parseConfigSource(readConfigFile(file));
  if (source.faults.length > 0) {
    throw new SafepointError(
      'InvalidConfig',
      `${file} is not YAML:\n${source.faults
        .slice(0, SHOWN_PROBLEMS)
        .map((fault) => `  ${fault}`)
        .join('\n')}`,
    );
  }
  const parsed = Config.safeParse(source.raw, { reportInput: true });
  const ofFields = (parsed.error?.issues ?? []).flatMap(toProblems);
  const problems = [...ofFields, ...withoutPathsOf(ofFields, checkAcrossFields(source.raw))];
  if (!parsed.success || problems.length > 0) {
    throw new SafepointError('InvalidConfig', renderProblems(file, problems, source));
  }
  return parsed.data;
}

/**
 * The names alone, found in the same file: nothing is checked, and no secret needs to be there. What could not be a name is
 * left out, for these go to a shell. Fails where the file cannot be read.
 */
export function readConfigNames(section: 'clusters' | 'schedules', path?: string): string[] {
  const { raw } = parseConfigSource(readConfigFile(findConfig(path)));
  const named: unknown =
    typeof raw === 'object' && raw !== null
      ? Object.entries(raw).find(([key]) => key === section)?.[1]
      : null;
  return typeof named === 'object' && named !== null
    ? Object.keys(named).filter((name) => new RegExp(NAME_PATTERN).test(name))
    : [];
}

function findConfig(path: string | undefined): string {
  return path ?? (process.env.SAFEPOINT_CONFIG || DEFAULT_PATH);
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    const hint = 'give --config PATH or SAFEPOINT_CONFIG, or copy safepoint.example.yaml to ./safepoint.yaml';
    throw new SafepointError('InvalidConfig', `config file ${file} ${reason}; ${hint}`, { cause });
  }
}

/** A field that is missing or wrong fails a check across fields too; the first word about it is enough. */
function withoutPathsOf(known: Problem[], problems: Problem[]): Problem[] {
  const paths = new Set(known.map((problem) => showPath(problem.path)));
  return problems.filter((problem) => !paths.has(showPath(problem.path)));
}

function renderProblems(file: string, problems: Problem[], source: ConfigSource): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => renderProblem(problem, source));
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return [`${file} has ${count}:`, ...shown.map((line) => `  ${line}`)].join('\n');
}

function renderProblem({ path, seen, allowed }: Problem, source: ConfigSource): string {
  const line = source.lineOf(path);
  const where = line === null ? showPath(path) : `${showPath(path)} (line ${line})`;
  const expected = `${where}: expected ${allowed}`;
  return seen === undefined ? expected : `${expected}; seen ${seen}`;
}
