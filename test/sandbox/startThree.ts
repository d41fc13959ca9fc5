import { startPostgres } from '../../sandbox/stack/postgres.ts';
import { startSeaweed } from '../../sandbox/stack/seaweed.ts';
import { startTemporal } from '../../sandbox/stack/temporal.ts';

/** A program for stack.test.ts: starts three servers, tells their process ids, and then ends in the way its second argument names. */
const [, , dataDir = '', end] = process.argv;
const [s3, postgres, temporal] = await Promise.all([
  startSeaweed({ dataDir }),
  startPostgres({ dataDir, rows: 10 }),
  startTemporal({ dataDir }),
]);
console.log(JSON.stringify([s3, postgres, temporal].map((server) => server.process.pid)));
if (end === 'exit') process.exit(0);
if (end === 'throw') throw new Error('as a program does');
