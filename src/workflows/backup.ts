import {
  CancellationScope,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type {
  BackupInput,
  BackupPlan,
  BackupResult,
  DumpedArtifact,
  WindowResult,
} from '../contract/backup.ts';
import { startsOver } from '../contract/errors.ts';
import {
  GET_STATUS_QUERY,
  RESUME_FAILED_SIGNAL,
  RETAIN_WORKFLOW,
  retainWorkflowId,
} from '../contract/names.ts';
import type { OpenedSet } from '../contract/preflight.ts';
import type { BackupStatus, StatusLine } from '../contract/status.ts';
import { renderDetails } from '../domain/statusTable.ts';
import {
  afterFailureOptions,
  dumpOptions,
  planOptions,
  preflightOptions,
  sealOptions,
} from './activityOptions.ts';
import { closeOnError, isErrorCode, toFailure, wasCancelled } from './failures.ts';
import { checkInputShape } from './inputShape.ts';
import { createLines, type Lines } from './lines.ts';
import type { retain } from './retain.ts';
import { showSearchAttributes } from './searchAttributes.ts';
import { replicateStage } from './replicateStage.ts';
import { allOrNone } from './sideBySide.ts';
import { openWindow, superviseWindow } from './supervise.ts';

export const getBackupStatus = defineQuery<BackupStatus>(GET_STATUS_QUERY);
export const resumeFailed = defineSignal(RESUME_FAILED_SIGNAL);

const { planBackup } = proxyLocalActivities<Activities>(planOptions);
const { recordFailure, cleanUpSet } = proxyActivities<Activities>(afterFailureOptions);

/**
 * One backup of one cluster, from `{"cluster":"prod"}` to a manifest in the store.
 *
 *   plan -> preflight -> window (pause, capture, resume) beside the database dumps -> seal (verify, store, record) [-> replicate] -> done
 *           ^                                                                          |
 *           +-------- a lost set: marked as failed, cleaned up, taken under a new id --+
 *
 * A run that fails leaves exporting running and a set without a manifest, which is not a backup. A set is never continued
 * under its id: the next attempt takes a new one.
 */
export async function backup(input: BackupInput): Promise<BackupResult> {
  const lines = createLines(['preflight']);
  const status: BackupStatus = {
    cluster: '',
    procedure: null,
    backupId: null,
    stage: 'plan',
    window: null,
    lines: [],
    failedSets: [],
  };
  setHandler(getBackupStatus, () => ({ ...status, lines: lines.all() }), {
    description: 'Stage, parts with their times, and what is wrong',
  });
  const show = () => {
    setCurrentDetails(renderDetails(headline(status), withParts(lines.all(), status), notesOf(status)));
  };
  lines.onChange(show);
  setHandler(resumeFailed, () => {
    lines.warn('window', describeStuck(status.cluster));
  });

  return await closeOnError(async () => {
    checkInputShape(input);
    status.cluster = input.cluster;
    const plan = await planBackup(input);
    status.procedure = plan.procedure;

    for (let attempt = 1; ; attempt += 1) {
      const sealed = await takeSet(plan, lines, status, attempt < (plan.attempts ?? 1));
      if (sealed === 'lost') continue;
      const result = await withCopies(plan, sealed, lines, status);
      status.stage = 'done';
      status.result = result;
      show();
      showSearchAttributes(plan, { backupId: result.backupId, verdict: result.verdict });
      if (plan.retain === true && result.verdict === 'complete') await startRotation(plan.cluster);
      return result;
    }
  });
}

/**
 * Rotation goes on by itself: nobody waits for deletions who waits for a backup. One that is under way will do, and what keeps
 * it from starting must not spoil a backup that is whole.
 */
async function startRotation(cluster: string): Promise<void> {
  await bestEffort(
    startChild<typeof retain>(RETAIN_WORKFLOW, {
      workflowId: retainWorkflowId(cluster),
      args: [{ cluster }],
      parentClosePolicy: 'ABANDON',
      staticSummary: `rotation of ${cluster}`,
    }),
  );
}

/** The plan of a run of 0.3.0 or before asks for none. */
async function withCopies(
  plan: BackupPlan,
  result: BackupResult,
  lines: Lines,
  status: BackupStatus,
): Promise<BackupResult> {
  if (plan.replicate !== true) return result;
  status.stage = 'replicate';
  return { ...result, replica: await replicateStage(plan, result.backupId, lines) };
}

/** One set from preflight to seal; `lost` when it was given up and a new one may succeed. */
async function takeSet(
  plan: BackupPlan,
  lines: Lines,
  status: BackupStatus,
  mayStartOver: boolean,
): Promise<BackupResult | 'lost'> {
  const failedSets = status.failedSets ?? [];
  status.stage = 'preflight';
  const set = await lines.follow('preflight', () =>
    checkPreflight(
      plan,
      failedSets.map(({ backupId }) => backupId),
    ),
  );
  status.backupId = set.backupId;
  showSearchAttributes(plan, { backupId: set.backupId });

  try {
    status.stage = 'window';
    // The broker's own bulk delay counts where it is longer than the configured one.
    const quietPlan = { ...plan, flushDelayMs: set.facts.flushDelayMs };
    const { window, artifacts } = await captureSet(quietPlan, set, lines, status);
    status.stage = 'seal';
    const result = await lines.follow('seal', () => sealSet(plan, set, window, artifacts));
    return failedSets.length === 0 ? result : { ...result, failedSets };
  } catch (error) {
    const failure = describeEnd(error);
    const again = mayStartOver && isErrorCode(failure.code) && startsOver(failure.code);
    if (!again) showSearchAttributes(plan, { backupId: set.backupId, verdict: 'failed' });
    await giveUp(plan, set, failure);
    if (!again) throw error;
    failedSets.push({ backupId: set.backupId, ...failure });
    lines.restart();
    return 'lost';
  }
}

function checkPreflight(plan: BackupPlan, givenUp: string[]): Promise<OpenedSet> {
  const options = preflightOptions(plan.budgets);
  const { checkPreflight: check } = proxyActivities<Activities>(options);
  return check.executeWithOptions({ ...options, summary: `preflight ${plan.cluster}` }, [plan, givenUp]);
}

/** The window and, beside it, the databases: they are not part of the consistent cut. */
async function captureSet(
  plan: BackupPlan,
  set: OpenedSet,
  lines: Lines,
  status: BackupStatus,
): Promise<{ window: WindowResult; artifacts: DumpedArtifact[] }> {
  const options = dumpOptions(plan.budgets);
  const { dumpDatabase } = proxyActivities<Activities>(options);
  const dump = (database: string) =>
    lines.follow(database, () =>
      dumpDatabase.executeWithOptions({ ...options, summary: `dump ${database}` }, [
        { plan, backupId: set.backupId, database },
      ]),
    );
  const capture = () =>
    lines.follow('window', async () => {
      const window = await openWindow({ plan, set: { backupId: set.backupId, waves: set.waves } });
      status.window = { workflowId: window.workflowId, runId: window.firstExecutionRunId };
      lines.changed();
      return await superviseWindow(plan, set.backupId, window);
    });

  const [window, artifacts] = await allOrNone<[WindowResult, DumpedArtifact[]]>([
    capture,
    () => allOrNone(plan.databases.map((database) => () => dump(database))),
  ]);
  return { window, artifacts };
}

function sealSet(
  plan: BackupPlan,
  { backupId, facts, warnings, waves }: OpenedSet,
  window: WindowResult,
  artifacts: DumpedArtifact[],
): Promise<BackupResult> {
  const options = sealOptions(plan.budgets);
  const { sealSet: seal } = proxyActivities<Activities>(options);
  return seal.executeWithOptions({ ...options, summary: 'verify, store, record' }, [
    { plan, backupId, waves, facts, warnings, window, artifacts },
  ]);
}

type End = { code: string; message: string };

function describeEnd(error: unknown): End {
  if (isCancellation(error) || wasCancelled(error))
    return { code: 'BackupCancelled', message: 'the run was cancelled' };
  const { type, message } = toFailure(error);
  return { code: type ?? 'InternalError', message };
}

/** Best effort, so that the catalog tells a failed set from one in flight; the run's own error is what counts. */
async function giveUp(plan: BackupPlan, { backupId, waves }: OpenedSet, failure: End): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    const marking = { ...afterFailureOptions, summary: `mark set ${backupId} as failed` };
    await bestEffort(recordFailure.executeWithOptions(marking, [{ plan, backupId, ...failure }]));
    if (plan.attempts === undefined) return; // a run of 0.1.0
    const cleaning = { ...afterFailureOptions, summary: `clean up set ${backupId}` };
    await bestEffort(cleanUpSet.executeWithOptions(cleaning, [{ plan, backupId, parts: waves.flat() }]));
  });
}

async function bestEffort(step: Promise<unknown>): Promise<void> {
  await step.catch(() => undefined);
}

function describeStuck(cluster: string): string {
  return `ResumeFailed: exporting stays paused, and the disks of the brokers fill up. Repair what the pending activity of the window names, then run \`safepoint resume ${cluster}\``;
}

/** The parts of the cut are known here only in the end. */
function withParts(lines: StatusLine[], { result }: BackupStatus): StatusLine[] {
  const known = new Set(lines.map(({ name }) => name));
  const parts = (result?.parts ?? []).filter(({ part }) => !known.has(part));
  return lines.flatMap((line) =>
    line.name !== 'window'
      ? [line]
      : [
          line,
          ...parts.map(({ part, tookMs }) => ({ name: `  ${part}`, state: 'complete' as const, tookMs })),
        ],
  );
}

/** Where to look for what this run does not see itself. */
function notesOf({ stage, window }: BackupStatus): string[] {
  if (stage !== 'window' || window === null) return [];
  return [`The parts are in the workflow \`${window.workflowId}\`, under *Relationships*.`];
}

function headline({ cluster, backupId, procedure, stage, failedSets = [] }: BackupStatus): string {
  const set = backupId === null ? cluster : `${cluster} #${backupId}`;
  const before = failedSets.map(({ backupId: id, code }) => `, after #${id} failed (${code})`).join('');
  return `${set} (${procedure ?? 'planning'}): ${stage}${before}`;
}
