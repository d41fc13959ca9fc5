import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/load.ts';

const NIGHTLY = {
  cluster: 'prod',
  cron: '0 2 * * *',
  timezone: 'Europe/Berlin',
  jitter: '0 s',
  overlap: 'skip',
  catchupWindow: '6 h',
};

let file: string;
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(tmpdir(), 'safepoint-schedules-')), 'safepoint.yaml');
});
afterEach(() => {
  rmSync(path.dirname(file), { recursive: true });
});

function load(schedules: unknown) {
  const url = 'http://127.0.0.1:9600';
  const prod = { zeebe: { url }, webapps: { url }, searchEngine: { url }, store: 'main' };
  const stores = { main: { type: 'folder', path: '/backups' } };
  writeFileSync(file, JSON.stringify({ stores, clusters: { prod }, schedules }));
  return loadConfig(file).schedules;
}

describe('config/schedules', () => {
  it('are none by default', () => {
    expect(load(undefined)).toEqual({});
  });

  it('hold spans in milliseconds', () => {
    expect(load({ nightly: NIGHTLY })).toEqual({
      nightly: { ...NIGHTLY, run: 'backup', jitter: 0, catchupWindow: 6 * 3_600_000 },
    });
  });

  it('may look at sets instead of taking them', () => {
    expect(load({ weekly: { ...NIGHTLY, run: 'verify', sets: '5%' } })).toMatchObject({
      weekly: { run: 'verify', sets: '5%' },
    });
  });

  it.each<[object, RegExp]>([
    [{ sets: '5%' }, /schedules\.nightly\.sets .*only with run: verify/],
    [{ run: 'verify', procedure: 'parallel' }, /schedules\.nightly\.procedure .*only with run: backup/],
    [{ run: 'verify', sets: '0%' }, /schedules\.nightly\.sets .*latest, all, or a share such as 5%/],
    [{ run: 'restore' }, /schedules\.nightly\.run /],
  ])('refuses %j', (more, problem) => {
    expect(() => load({ nightly: { ...NIGHTLY, ...more } })).toThrow(problem);
  });

  it.each(Object.keys(NIGHTLY))('must state %s', (field) => {
    const rest = Object.fromEntries(Object.entries(NIGHTLY).filter(([name]) => name !== field));

    expect(() => load({ nightly: rest })).toThrow(
      new RegExp(`schedules\\.nightly\\.${field} .*; seen nothing`),
    );
  });

  it.each([
    ['cluster', 'prd', 'expected one of prod; seen "prd"'],
    ['cron', '0 25 * * *', 'a cron text: .*0-23; seen "0 25 \\* \\* \\*"'],
    ['cron', '0 2 1 * 1', 'not both'],
    ['timezone', 'Mars/Olympus', 'such as UTC or Europe/Berlin; seen "Mars/Olympus"'],
    ['timezone', 'europe/berlin', 'such as UTC or Europe/Berlin'],
    ['timezone', '+02:00', 'such as UTC or Europe/Berlin'],
    ['jitter', '-5 m', 'at least 0 s'],
    ['overlap', 'allow-all', 'expected one of skip, buffer-one'],
    ['catchupWindow', '9 s', 'at least 10 s'],
    ['procedure', 'zigzag', 'expected one of sequential, parallel, history-first'],
    ['when', 'now', 'expected one of the fields'],
  ])('refuse %s: %s', (field, value, why) => {
    expect(() => load({ nightly: { ...NIGHTLY, [field]: value } })).toThrow(
      new RegExp(`schedules\\.nightly\\.${field} .*${why}`),
    );
  });

  it('refuse a name that cannot stand in an id', () => {
    expect(() => load({ 'every night': NIGHTLY })).toThrow('schedules.every night');
  });

  it.each(['UTC', 'Europe/Kyiv', 'Europe/Kiev', 'America/Argentina/Buenos_Aires'])(
    'take the time zone %s',
    (timezone) => {
      expect(load({ nightly: { ...NIGHTLY, timezone } })).toMatchObject({ nightly: { timezone } });
    },
  );
});
