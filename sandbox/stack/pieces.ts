import { execa } from 'execa';
import { findCached } from './cache.ts';
import { camundaPieceName, openSearchPieceName } from './downloads/maven.ts';
import { pythonPieceName } from './downloads/python.ts';
import { findOnPath, isExecutable } from './findOnPath.ts';
import { findPostgresBinDir, postgresUser } from './postgresBinaries.ts';
import { findSystemJava } from './systemJava.ts';

export const pieceNames = ['s3', 'postgres', 'temporal', 'opensearch', 'camunda'] as const;
export type PieceName = (typeof pieceNames)[number];

/** A piece that cannot be had on this machine as it is. */
export type MissingPiece = {
  piece: PieceName;
  /** What is not there, as a sentence. */
  why: string;
  /** What to do about it. */
  install: string;
};

/** Checks all pieces asked for before anything is downloaded or started. An empty list means that the start can go on. */
export async function findMissing(pieces: readonly PieceName[] = pieceNames): Promise<MissingPiece[]> {
  const found = await Promise.all([...new Set(pieces)].map((piece) => checks[piece]()));
  return found.flat();
}

const checks: Record<PieceName, () => Promise<MissingPiece[]>> = {
  s3: () => needPython('s3'),
  temporal: checkTemporal,
  postgres: () => Promise.resolve(checkPostgres()),
  opensearch: async () => [...checkSystemJava(), ...(await needMaven('opensearch', openSearchPieceName))],
  camunda: async () => [...(await needPython('camunda')), ...(await needMaven('camunda', camundaPieceName))],
};

async function needPython(piece: PieceName): Promise<MissingPiece[]> {
  if (findCached(pythonPieceName) !== undefined || (await runs('python3', ['-c', 'import ensurepip, venv'])))
    return [];
  const why = 'It is installed with pip, and there is no `python3` with venv.';
  return [{ piece, why, install: 'apt-get install python3-venv' }];
}

async function needMaven(piece: PieceName, cachedAs: string): Promise<MissingPiece[]> {
  if (findCached(cachedAs) !== undefined || (await runs('mvn', ['--version']))) return [];
  return [
    { piece, why: 'It is fetched with Maven, and `mvn` does not run.', install: 'apt-get install maven' },
  ];
}

async function checkTemporal(): Promise<MissingPiece[]> {
  const configured = process.env['TEMPORAL_CLI_PATH'];
  if (configured === undefined || configured === '') {
    return findOnPath('temporal') === undefined ? needPython('temporal') : [];
  }
  if (isExecutable(configured)) return [];
  const why = `TEMPORAL_CLI_PATH names ${configured}, which is no program.`;
  return [{ piece: 'temporal', why, install: 'correct TEMPORAL_CLI_PATH, or unset it' }];
}

function checkPostgres(): MissingPiece[] {
  const piece = 'postgres';
  if (findPostgresBinDir() === undefined) {
    const why = 'There are no PostgreSQL server programs (initdb, postgres, psql, pg_dumpall).';
    return [{ piece, why, install: 'apt-get install postgresql' }];
  }
  try {
    postgresUser();
    return [];
  } catch {
    const why = 'PostgreSQL refuses to run as root, and there is no user `postgres` to run it.';
    return [{ piece, why, install: 'useradd --system postgres, or run as another user' }];
  }
}

function checkSystemJava(): MissingPiece[] {
  if (findSystemJava() !== undefined) return [];
  const why = 'It runs on the Java of the machine, and there is none in JAVA_HOME or on PATH.';
  return [{ piece: 'opensearch', why, install: 'apt-get install default-jdk-headless' }];
}

async function runs(program: string, args: string[]): Promise<boolean> {
  const { failed } = await execa(program, args, { reject: false, stdio: 'ignore', timeout: 30_000 });
  return !failed;
}
