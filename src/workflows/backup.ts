import {
  CancellationScope,
  defineQuery,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type {
  BackupInput,
  BackupPlan,
  BackupResult,
  StoredArtifact,
  WindowResult,
} from '../contract/backup.ts';
import { GET_STATUS_QUERY } from '../contract/names.ts';
import type { OpenedSet } from '../contract/preflight.ts';
import type { BackupStatus } from '../contract/status.ts';
import { renderDetails } from '../domain/statusTable.ts';
import {
  afterFailureOptions,
  dumpOptions,
  planOptions,
  preflightOptions,
  sealOptions,
} from './activityOptions.ts';
import { closeOnError, toFailure } from './failures.ts';
import { checkInputShape } from './inputShape.ts';
import { createLines, type Lines } from './lines.ts';
import { showSearchAttributes } from './searchAttributes.ts';
import { allOrNone } from './sideBySide.ts';
import { openWindow, superviseWindow } from './supervise.ts';

export const getBackupStatus = defineQuery<BackupStatus>(GET_STATUS_QUERY);

const { planBackup } = proxyLocalActivities<Activities>(planOptions);
const { recordFailure } = proxyActivities<Activities>(afterFailureOptions);

/**
 * One backup of one cluster, from `{"cluster":"prod"}` to a manifest in the store.
 *
 *   plan -> preflight -> window (pause, capture, resume) beside the database dumps -> seal (verify, store, record) -> done
 *
 * A run that fails leaves exporting running and a set without a manifest, which is not a backup. A set is never continued
 * under its id: a new run takes a new one.
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
  };
  setHandler(getBackupStatus, () => ({ ...status, lines: lines.all() }), {
    description: 'Stage, parts with their times, and what is wrong',
  });
  const show = () => {
    setCurrentDetails(renderDetails(headline(status), lines.all()));
  };
  lines.onChange(show);

  return await closeOnError(async () => {
    checkInputShape(input);
    status.cluster = input.cluster;
    const plan = await planBackup(input);
    status.procedure = plan.procedure;

    status.stage = 'preflight';
    const set = await lines.follow('preflight', () => checkPreflight(plan));
    status.backupId = set.backupId;
    showSearchAttributes(plan, { backupId: set.backupId });

    try {
      status.stage = 'window';
      // The broker's own bulk delay counts where it is longer than the configured one.
      const quietPlan = { ...plan, flushDelayMs: set.facts.flushDelayMs };
      const { window, artifacts } = await captureSet(quietPlan, set, lines, status);
      status.stage = 'seal';
      const result = await lines.follow('seal', () => sealSet(plan, set, window, artifacts));
      status.stage = 'done';
      status.result = result;
      show();
      showSearchAttributes(plan, { backupId: set.backupId, verdict: result.verdict });
      return result;
    } catch (error) {
      await noteFailure(plan, set.backupId, error);
      throw error;
    }
  });
}

function checkPreflight(plan: BackupPlan): Promise<OpenedSet> {
  const options = preflightOptions(plan.budgets);
  const { checkPreflight: check } = proxyActivities<Activities>(options);
  return check.executeWithOptions({ ...options, summary: `preflight ${plan.cluster}` }, [plan]);
}

/** The window and, beside it, the databases: they are not part of the consistent cut. */
async function captureSet(
  plan: BackupPlan,
  set: OpenedSet,
  lines: Lines,
  status: BackupStatus,
): Promise<{ window: WindowResult; artifacts: StoredArtifact[] }> {
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
      return await superviseWindow(plan, window);
    });

  const [window, artifacts] = await allOrNone<[WindowResult, StoredArtifact[]]>([
    capture,
    () => allOrNone(plan.databases.map((database) => () => dump(database))),
  ]);
  return { window, artifacts };
}

function sealSet(
  plan: BackupPlan,
  { backupId, facts, warnings, waves }: OpenedSet,
  window: WindowResult,
  artifacts: StoredArtifact[],
): Promise<BackupResult> {
  const options = sealOptions(plan.budgets);
  const { sealSet: seal } = proxyActivities<Activities>(options);
  return seal.executeWithOptions({ ...options, summary: 'verify, store, record' }, [
    { plan, backupId, waves, facts, warnings, window, artifacts },
  ]);
}

/** Best effort, so that the catalog tells a failed set from one in flight; the run's own error is what counts. */
async function noteFailure(plan: BackupPlan, backupId: string, error: unknown): Promise<void> {
  const failure = isCancellation(error)
    ? { code: 'BackupCancelled', message: 'the run was cancelled' }
    : { code: toFailure(error).type ?? 'InternalError', message: toFailure(error).message };
  showSearchAttributes(plan, { backupId, verdict: 'failed' });
  await CancellationScope.nonCancellable(() => recordFailure({ plan, backupId, ...failure })).catch(
    () => undefined,
  );
}

function headline({ cluster, backupId, procedure, stage }: BackupStatus): string {
  const set = backupId === null ? cluster : `${cluster} #${backupId}`;
  return `${set} (${procedure ?? 'planning'}): ${stage}`;
}
