import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command } from 'commander';
import { measureCatalog } from './catalog.ts';
import { measureCrowd } from './crowd.ts';
import { measureDetection } from './detection.ts';
import { measureHistory } from './history.ts';
import { describeSetting } from './machine.ts';
import { measureOverhead } from './overhead.ts';
import { measureReal } from './real.ts';
import { renderTable, replaceBlock, type Row } from './table.ts';
import { measureWorkerStart } from './workerStart.ts';

const simulated: Record<string, () => Promise<Row[]>> = {
  overhead: measureOverhead,
  detection: measureDetection,
  history: measureHistory,
  'worker-start': measureWorkerStart,
  crowd: measureCrowd,
  catalog: measureCatalog,
};
const all: Record<string, () => Promise<Row[]>> = { ...simulated, real: measureReal };
const page = path.join(import.meta.dirname, '..', 'docs', 'performance.md');

const command = new Command('bench')
  .description('measures Safepoint and prints tables; a mark that is missed is shown and is no failure')
  .addArgument(
    new Argument('[names...]', 'default: all that need no Java').choices(Object.keys(all)).argOptional(),
  )
  .option('--real', 'the real Camunda too')
  .option('--write', 'put the tables into docs/performance.md')
  .parse();
const { real, write } = command.opts<{ real?: boolean; write?: boolean }>();
const names = command.args.length > 0 ? command.args : Object.keys(simulated);

for (const name of new Set([...names, ...(real === true ? ['real'] : [])])) {
  try {
    const setting = await describeSetting(`npm run bench -- ${name}`);
    const rows = (await all[name]?.()) ?? [];
    const block = `${setting}\n\n${renderTable(rows)}`;
    console.log(`\n## ${name}\n\n${block}`);
    if (write === true) writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), name, block));
  } catch (error) {
    console.error(`${name} broke:`, error);
    process.exitCode = 1;
  }
}
