import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { execa } from 'execa';
import { soak } from './soak/soak.ts';
import { isCleanReport, renderReport } from './soak/table.ts';

type Options = { soak?: number; seed: number; from: number };

/**
 * Every fault there is, the ones that take minutes too. `npm run faults`, or `npm run faults -- test/faults/worker.test.ts`;
 * `npm run faults -- --soak 200 --seed 1` runs backups while things break at random moments.
 */
const program = new Command('faults')
  .description('break everything that a backup needs, at every moment, and see that nothing is stuck or lost')
  .argument('[files...]', 'test files or folders', ['test/faults'])
  .option('--soak <runs>', 'instead of the tests: this many backups while things break at random', toCount)
  .option(
    '--seed <number>',
    'of the soak: the same seed breaks the same things at the same moments',
    toCount,
    1,
  )
  .option('--from <index>', 'of the soak: the first run, to repeat a single one', toCount, 0)
  .action(async (files: string[], { soak: runs, ...options }: Options) => {
    await (runs === undefined ? runAll(files) : runSoak({ runs, ...options }));
  });

function toCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number.');
  return Number(text);
}

async function runSoak(options: { runs: number; seed: number; from: number }): Promise<void> {
  const report = await soak({
    ...options,
    say: (line) => {
      console.log(line);
    },
  });
  console.log(renderReport(report));
  process.exitCode = isCleanReport(report) ? 0 : 1;
}

async function runAll(files: string[]): Promise<void> {
  const root = path.join(import.meta.dirname, '..', '..');
  const { exitCode } = await execa('npm', ['run', '--silent', 'jest', '--', ...files], {
    cwd: root,
    env: { SAFEPOINT_FAULTS: 'all' },
    stdio: 'inherit',
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
}

await program.parseAsync();
