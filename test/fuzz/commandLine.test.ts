import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BackupRuns } from '../../src/cli/backupRuns.ts';
import type { CliDeps } from '../../src/cli/deps.ts';
import { EXIT, EXIT_CODE_HELP } from '../../src/cli/exitCodes.ts';
import { main } from '../../src/cli/main.ts';
import { Config } from '../../src/config/schema.ts';
import { errorCatalogue, SafepointError, type ErrorCode } from '../../src/contract/errors.ts';
import { safepoint } from '../cli/safepoint.ts';
import { OBEYED, trickyText } from './arbitraries.ts';
import { validConfig } from './support/validConfig.ts';

const DOCUMENTED = [...EXIT_CODE_HELP.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code));

const word = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('run', 'doctor', 'list', 'show', 'resume', 'worker', 'help', 'prod', '42'),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        '--json',
        '--config',
        '--config=x',
        '--cluster',
        '--cluster=prod',
        '--procedure',
        '--procedure=parallel',
      ],
      ...[
        '--backup-id',
        '--backup-id=7',
        '--wait',
        '--detach',
        '--force',
        '--help',
        '-h',
        '--version',
        '-V',
        '--',
      ],
      ...['-', '--no-json', '--json=1', '-j', '--bogus', 'sequential', 'constructor', '__proto__'],
      ...['apply', 'trigger', 'pause', 'unpause', 'delete', '--yes', '--prune', '--reason=x', '--run=w'],
    ),
  },
  { weight: 2, arbitrary: trickyText },
);
const commandLine = fc.oneof(
  fc.array(word, { maxLength: 7 }),
  fc
    .tuple(
      fc.constantFrom('run', 'doctor', 'list', 'show', 'resume', 'status', 'cancel', 'schedule'),
      fc.array(word, { maxLength: 4 }),
    )
    .map(([command, rest]) => [command, 'prod', ...rest]),
);

/** What goes wrong behind the command, if anything: errors of ours, of the SDK by their looks, and what is no error. */
const fault: fc.Arbitrary<Error | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...(Object.keys(errorCatalogue) as ErrorCode[])), trickyText)
      .map(([code, message]) => new SafepointError(code, message)),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        message: trickyText,
        name: trickyText,
        type: fc.oneof(trickyText, fc.constant('ClusterBusy')),
      })
      .map(({ message, ...fields }) => {
        const cause = Object.assign(new Error(message), fields);
        return Object.assign(new Error(message, { cause }), { name: 'WorkflowFailedError' });
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(null, 'text', 0, {}, Symbol('s'), circularError())
      .map((thrown) => thrown as Error),
  },
);

function circularError(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}

/** No network: a run that ends at once, or the fault, in whatever the command asks for. */
function fakeDeps(broken: Error | undefined): { deps: CliDeps; written: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const answer =
    <T>(value: T) =>
    (): Promise<T> =>
      broken === undefined ? Promise.resolve(value) : Promise.reject(broken);
  const config = Config.parse(validConfig);
  return {
    written: () => chunks.join(''),
    deps: {
      version: '0.0.0',
      stdout: stream,
      stderr: stream,
      loadConfig: () => config,
      readConfigNames: () => ['prod'],
      connect: () =>
        Promise.resolve({
          namespace: 'default',
          start: answer({ workflowId: 'w', runId: 'r' }),
          result: answer({
            verdict: 'complete',
            reasons: [],
            parts: [],
            manifest: { key: 'k', store: 's' },
            windowMs: 1,
          }),
          readStatus: answer({ lines: [], window: null, backupId: null, stage: 'plan' }),
          readNotes: answer([]),
          readEnd: answer({ state: 'cancelled', problem: null }),
          listOpen: answer([
            { workflowId: 'w', runId: 'r', cluster: 'prod', startedAt: '2026-11-22T02:00:00.000Z' },
          ]),
          findOpenWindow: answer(null),
          cancel: answer(undefined),
          execute: answer({ cluster: 'prod', sets: [], deleted: [], left: [], kept: 0 }),
          countWorkers: answer(1),
          readSentinel: answer(null),
          schedules: {
            list: answer([]),
            compare: answer([{ name: 'nightly', kind: 'create', differences: [] }]),
            apply: answer(undefined),
            trigger: answer(undefined),
            pause: answer(undefined),
            unpause: answer(undefined),
            remove: answer(undefined),
          },
          close: () => Promise.resolve(),
        } as unknown as BackupRuns),
      openStores: answer([]),
      inspectCluster: answer({ cluster: 'prod', checkedAt: '2026-11-22T02:00:00.000Z', findings: [] }),
      resumeExporting: answer({ cluster: 'prod', outcome: 'resumed', seen: 'paused', readings: [] }) as never,
      planRotation: answer({ cluster: 'prod', decisions: [], refused: null }),
      runWorker: answer(undefined),
      confirm: answer(false),
      catchInterrupt: () => new AbortController().signal,
    },
  };
}

describe('fuzz: the command line', () => {
  it('every exit code is documented', () => {
    expect(DOCUMENTED.sort()).toEqual(Object.values(EXIT).sort());
  });

  it('any arguments and any fault end with a documented exit code and nothing that a terminal obeys', async () => {
    await fc.assert(
      fc.asyncProperty(commandLine, fault, async (args, broken) => {
        const { deps, written } = fakeDeps(broken);

        const exitCode = await main(args, deps);

        expect(DOCUMENTED).toContain(exitCode);
        if (args.includes('--json')) return;
        expect(written()).not.toMatch(OBEYED);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  it('as a real process too, without a stack trace', async () => {
    const noNul = commandLine.map((args) => args.map((arg) => arg.replaceAll('\0', '')));
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1', SAFEPOINT_CONFIG: '/nowhere.yaml' };
    await fc.assert(
      fc.asyncProperty(noNul, async (args) => {
        const { exitCode, stderr } = await safepoint(args, env);

        expect(DOCUMENTED).toContain(exitCode);
        expect(stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});
