import { expect } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { readCatalog } from '../../src/storage/catalog.ts';
import type { CutPart } from '../../src/contract/parts.ts';
import type { BackupStatus } from '../../src/contract/status.ts';
import { makeReady } from '../../sandbox/load/exporter.ts';
import type { RealInstallation } from './realInstallation.ts';
import { endOf, isOpen, type RunEnd } from './runs.ts';
import { until } from './until.ts';

const LONG_MS = 240_000;
const RUN_MS = 600_000;

/** A backup of a cluster in which the cut can be proven: its raft snapshots are young. */
export async function startReady(at: RealInstallation): Promise<WorkflowHandle> {
  await makeReady(at.camunda.broker.managementUrl);
  return await at.startBackup();
}

const statusOf = (handle: WorkflowHandle) => handle.query<BackupStatus>('getStatus');

export const phases = async ({ client }: RealInstallation): Promise<string[]> =>
  (await client.readExporters()).map(({ phase }) => phase);

export async function untilPaused(at: RealInstallation): Promise<void> {
  await until('exporting is paused', async () => (await phases(at)).every(isIn('PAUSED')), LONG_MS);
}

/** Waits until the part is at work in the newest set, and gives its id. */
export async function untilAtWork(
  { client }: RealInstallation,
  handle: WorkflowHandle,
  part: CutPart,
): Promise<string> {
  const backupId = await until('the set has an id', async () => (await statusOf(handle)).backupId, LONG_MS);
  const isThere = async () => (await client.getBackup(part, backupId)).kind !== 'absent';
  await until(`${part} is at work`, isThere, LONG_MS);
  return backupId;
}

export async function untilSetLost(handle: WorkflowHandle): Promise<void> {
  await until('a set is lost', async () => ((await statusOf(handle)).failedSets ?? []).length > 0, LONG_MS);
}

/** Milliseconds from `sinceMs` until both partitions export. */
export async function timeUntilExporting(at: RealInstallation, sinceMs: number): Promise<number> {
  const runs = async () => {
    const seen = await phases(at);
    return seen.length === 2 && seen.every(isIn('EXPORTING'));
  };
  await until('exporting runs on both partitions', runs, LONG_MS);
  return Math.round(performance.now() - sinceMs);
}

export const endOfReal = (handle: WorkflowHandle): Promise<RunEnd> => endOf(handle, RUN_MS);

/** Complete; `lost` tells how many sets it may have cost, and by which codes. */
export function expectComplete(end: RunEnd, lost: { atLeast?: number; codes?: string[] } = {}): void {
  const { atLeast = 0, codes = [] } = lost;
  const failed = end.result?.failedSets ?? [];
  const { status, message } = end;
  expect({ status, message, verdict: end.result?.verdict, reasons: end.result?.reasons }).toEqual({
    status: 'COMPLETED',
    verdict: 'complete',
    reasons: [],
  });
  expect(failed.length).toBeGreaterThanOrEqual(atLeast);
  expect(failed.map(({ code }) => code).filter((code) => !codes.includes(code))).toEqual([]);
}

/** Exporting runs on both partitions, no window is open, no Zeebe backup is in progress, only complete sets count. */
export async function expectNothingStuck(at: RealInstallation): Promise<void> {
  await timeUntilExporting(at, performance.now());
  await until('the window is closed', async () => !(await isOpen(at.window())), LONG_MS);
  const atWork = async () =>
    (await at.client.listBackups('zeebe')).filter(({ foreignState }) => foreignState === 'IN_PROGRESS');
  await until('no Zeebe backup is in progress', async () => (await atWork()).length === 0, LONG_MS);
  for (const { entry, manifest } of await readCatalog([at.store], { cluster: 'demo' }))
    expect(entry.state === 'complete' || entry.state === 'partial').toBe(manifest !== undefined);
}

function isIn(wanted: string): (phase: string) => boolean {
  return (phase) => phase === wanted;
}
