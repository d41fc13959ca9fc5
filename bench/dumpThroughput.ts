import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { startPostgres, type Postgres } from '../sandbox/stack/postgres.ts';
import { startSeaweed, type Seaweed } from '../sandbox/stack/seaweed.ts';
import { imageMemorySettings } from './imageSettings.ts';
import { describeSetting } from './machine.ts';
import { median, seconds } from './numbers.ts';
import { withFolder } from './place.ts';
import { findRclone } from './rclone.ts';
import { s3StoreOf } from './s3Store.ts';
import { renderTable, type Row } from './table.ts';

/**
 * How fast a dump goes, side by side with `pg_dumpall | zstd -T0 | rclone rcat` on the same PostgreSQL and S3 server. The rounds
 * alternate, each in another order, so that what else the machine does hits all alike; ratios are those of the medians.
 */
const options = new Command('bench:dump')
  .option('--rows <number>', 'rows in the database, 2 kB each', whole, 500_000)
  .option('--rounds <number>', 'times that each is measured', whole, 5)
  .option('--marked', 'leave out those that have no mark to hold')
  .parse()
  .opts<{ rows: number; rounds: number; marked?: true }>();

type Contender = { name: string; mark?: number; run: (round: number) => Promise<number> };

const rcloneName = '`pg_dumpall \\| zstd -T0 \\| rclone rcat`';

await withFolder(async (dataDir, keep) => {
  const rclone = await findRclone();
  const postgres = await keep(startPostgres({ dataDir, rows: options.rows }));
  const seaweed = await keep(startSeaweed({ dataDir }));
  const setting = await describeSetting('npm run bench:dump');
  const recipient = await identityToRecipient(await generateX25519Identity());
  const ours = (
    name: string,
    request: { stores?: number; recipients?: string[] },
    mark?: number,
  ): Contender => ({
    name,
    mark,
    run: (round) => dumpWithSafepoint(postgres, seaweed, `${name}-${round}`, request),
  });
  const all: Contender[] = [
    { name: rcloneName, run: (round) => dumpWithRclone(rclone, postgres, seaweed, round) },
    ours('Safepoint', {}, 1),
    ours('Safepoint, encrypted', { recipients: [recipient] }),
    ours('Safepoint, two stores', { stores: 2 }),
    ours('Safepoint, two stores, encrypted', { stores: 2, recipients: [recipient] }),
  ];
  const contenders = all.filter(
    ({ name, mark }) => options.marked === undefined || name === rcloneName || mark !== undefined,
  );
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < options.rounds; round += 1) {
    const order = contenders.map((_, at) => contenders[(at + round) % contenders.length]);
    for (const contender of order) {
      if (contender === undefined) continue;
      const tookMs = await contender.run(round);
      times.get(contender.name)?.push(tookMs);
      const load = os.loadavg()[0]?.toFixed(1);
      console.error(`round ${round + 1}, ${contender.name}: ${seconds(tookMs)}, load ${load}`);
    }
  }
  console.log(`${setting}\n\n${renderTable(describe(contenders, times))}`);
});

function describe(contenders: Contender[], times: Map<string, number[]>): Row[] {
  const rawMB = (options.rows * 2.13) / 1000; // a row is 2.13 kB of SQL
  const timeOf = (name: string) => median(times.get(name) ?? []);
  return contenders.flatMap(({ name, mark }) => {
    const tookMs = timeOf(name);
    const value = `${seconds(tookMs)}, ${(rawMB / (tookMs / 1000)).toFixed(0)} MB of SQL/s`;
    const rows: Row[] = [{ what: name, value }];
    if (name !== rcloneName) {
      const ratio = timeOf(rcloneName) / tookMs;
      const held =
        mark === undefined ? {} : { mark: { text: `at least ${mark.toFixed(1)}`, held: ratio >= mark } };
      rows.push({ what: `${name}: speed to that of rclone`, value: ratio.toFixed(2), ...held });
    }
    return rows;
  });
}

/** As an operator would write it; a shell that fails when any of the three does. */
async function dumpWithRclone(rclone: string, postgres: Postgres, seaweed: Seaweed, round: number) {
  const pgDumpall = path.join(postgres.binDir, 'pg_dumpall');
  const login = `--no-password --host=${postgres.host} --port=${postgres.port} --username=${postgres.user}`;
  const dump = `'${pgDumpall}' ${login} --quote-all-identifiers`;
  const script = `${dump} | zstd -T0 -3 -q -c | '${rclone}' rcat bench:${seaweed.bucket}/rclone/${round}.sql.zst`;
  const startedMs = performance.now();
  const env = {
    PGPASSWORD: postgres.password,
    RCLONE_CONFIG: '/nonexistent',
    RCLONE_CONFIG_BENCH_TYPE: 's3',
    RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
    RCLONE_CONFIG_BENCH_ENDPOINT: seaweed.endpoint,
    RCLONE_CONFIG_BENCH_REGION: seaweed.region,
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: seaweed.accessKeyId,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: seaweed.secretAccessKey,
  };
  await execa('bash', ['-o', 'pipefail', '-c', script], { env });
  return performance.now() - startedMs;
}

/** The activity's own code in a process that is up, as a worker is, with the settings of memory of the image. */
async function dumpWithSafepoint(
  postgres: Postgres,
  seaweed: Seaweed,
  key: string,
  { stores = 1, recipients }: { stores?: number; recipients?: string[] },
) {
  const { host, port, user, binDir } = postgres;
  const request = {
    database: { host, port, user, binDir, password: { env: 'BENCH_PASSWORD' }, sslMode: 'prefer' },
    stores: Array.from({ length: stores }, (_, at) => s3StoreOf(seaweed, `store-${at}`)),
    key: key.replaceAll(/\W+/g, '-'),
    recipients,
  };
  const program = path.join(import.meta.dirname, 'dumpOnce.ts');
  const running = execa(process.execPath, [program, JSON.stringify(request)], {
    stdin: 'pipe',
    env: {
      ...imageMemorySettings(),
      BENCH_KEY_ID: seaweed.accessKeyId,
      BENCH_SECRET: seaweed.secretAccessKey,
      BENCH_PASSWORD: postgres.password,
    },
  });
  await once(running.stdout, 'data'); // it is ready
  const startedMs = performance.now();
  running.stdin.end();
  await Promise.race([once(running.stdout, 'data'), running]); // done, or failed
  const tookMs = performance.now() - startedMs;
  await running;
  return tookMs;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on');
  return value;
}
