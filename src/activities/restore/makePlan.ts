import { SafepointError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Finding } from '../../contract/preflight.ts';
import { RestoreRecord, type RestoreInput, type RestorePlan } from '../../contract/restore.ts';
import { isDrillId, newRestoreId } from '../../domain/restoreId.ts';
import { deedsOf, snapshotsToRestore } from '../../domain/restorePlan.ts';
import { setKey } from '../../domain/setKeys.ts';
import { listTrials, trialName } from '../../domain/setTrial.ts';
import type { ObjectStore } from '../../storage/port.ts';
import { findFolders } from '../../storage/setFolders.ts';
import { sha256Of } from '../../system/sha256.ts';
import type { ActivityDeps } from '../deps.ts';
import type { HookActivities } from '../hooks.ts';
import { requireSettings, storesOfCluster } from '../stores.ts';
import { chooseSet, type ChosenSet } from './chooseSet.ts';
import { readIndicesInTheWay } from './indicesInTheWay.ts';
import { inspectTarget } from './inspectTarget.ts';
import { readMarker } from './marker.ts';
import { planDatabases } from './planDatabases.ts';

export type PlanDeps = Pick<ActivityDeps, 'config' | 'store' | 'camunda'> & {
  dryRunHooks: HookActivities['dryRunHooks'];
};

/**
 * What a restore would do now; touches nothing. Fails with `InvalidInput` for input that makes no sense, with `RestoreRefused`
 * and every reason at once when it cannot be done.
 */
export async function makePlan(
  deps: PlanDeps,
  input: RestoreInput,
  call: { signal?: AbortSignal },
): Promise<RestorePlan> {
  requireOneChoice(input);
  const { cluster, into: target = cluster, force = false } = input;
  requireSettings(deps.config, cluster);
  const settings = requireSettings(deps.config, target);
  const stores = storesOfCluster(deps, cluster);
  const set = await chooseSet(stores, input);
  const { manifest } = set;
  const camunda = deps.camunda(target);
  const inspected = await inspectTarget({ name: target, camunda, settings, manifest, force, call });
  const findings = [...judgeSet(set, force), ...inspected];
  const hooks = await lookAtHooks(deps, { target, cluster, backupId: manifest.backupId }, findings);
  const databases = planDatabases(deps.config, set, settings, findings);
  const indices = await listInTheWay(deps, target, manifest, findings, call);
  requireNoErrors(findings, set, target);
  const unfinished = await readMarker(deps.store(settings.store), target, call);
  const plan: Omit<RestorePlan, 'digest'> = {
    ...{ cluster, target, indices, databases, hooks, findings },
    backupId: manifest.backupId,
    verdict: manifest.verdict,
    takenAt: manifest.window.pausedAt,
    camundaVersion: manifest.camunda.version,
    plannedAt: new Date().toISOString(),
    manifest: set.at,
    snapshots: snapshotsToRestore(manifest),
    restoreId: restoreIdOf(manifest, unfinished, isDrill(deps, input)),
    unfinished,
    stallMs: settings.budgets.stall,
    lastTookMs: await readLastTook(stores, cluster, target),
  };
  return { ...plan, digest: sha256Of(deedsOf(plan)).slice(0, 12) };
}

/** A restore that was not finished goes on under its id; one in earnest is none of a drill, and the other way round. */
function restoreIdOf(
  { backupId }: Manifest,
  unfinished: RestorePlan['unfinished'],
  ofDrill: boolean,
): string {
  const goesOn = unfinished?.backupId === backupId && isDrillId(unfinished.restoreId) === ofDrill;
  return goesOn ? unfinished.restoreId : newRestoreId(backupId, { isDrill: ofDrill, nowMs: Date.now() });
}

/** Nobody approves it, and it goes into the cluster that the config has for drills. */
function isDrill({ config }: PlanDeps, { cluster, into, unattended = false }: RestoreInput): boolean {
  return unattended && into !== undefined && requireSettings(config, cluster).drill?.into === into;
}

function requireOneChoice({ backupId, latest, before }: RestoreInput): void {
  const given = [backupId !== undefined, latest === true, before !== undefined].filter(Boolean).length;
  if (given !== 1)
    throw new SafepointError('InvalidInput', 'say which set with one of backupId, latest and before');
  if (before !== undefined && Number.isNaN(Date.parse(before)))
    throw new SafepointError(
      'InvalidInput',
      `before is ${JSON.stringify(before)}, must be a time such as 2026-11-25T02:00:00Z`,
    );
}

function judgeSet({ entry }: ChosenSet, force: boolean): Finding[] {
  const fix = 'choose another set, or take this one all the same with --force';
  const severity = force ? 'warning' : 'error';
  const findings: Finding[] = [];
  if (entry.state !== 'complete')
    findings.push({
      check: 'set.complete',
      ok: false,
      severity,
      seen: `the set is ${entry.state}: ${entry.reasons.join('; ')}`,
      fix,
    });
  if (entry.check?.ok === false)
    findings.push({
      check: 'set.check',
      ok: false,
      severity,
      seen: `its last check, at ${entry.check.at}, failed; safepoint show ${entry.backupId}`,
      fix,
    });
  return findings;
}

async function lookAtHooks(
  { dryRunHooks }: PlanDeps,
  { target, cluster, backupId }: { target: string; cluster: string; backupId: string },
  findings: Finding[],
): Promise<RestorePlan['hooks']> {
  try {
    const outlooks = await dryRunHooks({ cluster: target, setCluster: cluster, backupId });
    for (const { hook, ok, lines } of outlooks.filter((outlook) => !outlook.ok))
      findings.push({
        check: `hook.${hook}`,
        ok,
        severity: 'error',
        seen: lines.join('; '),
        fix: `correct clusters.${target}.restore.hooks (docs/hooks.md)`,
      });
    return outlooks.map(({ hook, lines }) => ({ hook, does: lines.join('; ') }));
  } catch (error) {
    if (!(error instanceof SafepointError) || error.code !== 'InvalidConfig') throw error;
    findings.push({
      check: 'hooks',
      ok: false,
      severity: 'error',
      seen: error.message,
      fix: `give clusters.${target}.restore.hooks (docs/hooks.md)`,
    });
    return [];
  }
}

async function listInTheWay(
  { camunda }: PlanDeps,
  target: string,
  manifest: Manifest,
  findings: Finding[],
  call: { signal?: AbortSignal },
): Promise<string[]> {
  try {
    return await readIndicesInTheWay(camunda(target), manifest, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    if (!(error instanceof SafepointError)) throw error;
    findings.push({
      check: 'target.indices',
      ok: false,
      severity: 'error',
      seen: error.message,
      fix: 'the search engine must run during a restore',
    });
    return [];
  }
}

/** All that speaks against it, at once. */
function requireNoErrors(findings: readonly Finding[], { manifest }: ChosenSet, target: string): void {
  const errors = findings.filter(({ ok, severity }) => !ok && severity === 'error');
  if (errors.length === 0) return;
  const lines = errors.map(({ check, seen, fix = '' }) => `- ${check}: ${seen}; ${fix}`);
  throw new SafepointError(
    'RestoreRefused',
    `set ${manifest.backupId} of ${manifest.cluster} cannot be restored into ${target}:\n${lines.join('\n')}`,
  );
}

/** Of the last restore into this cluster that went well; `null` when there is none. */
async function readLastTook(
  stores: readonly ObjectStore[],
  cluster: string,
  target: string,
): Promise<number | null> {
  const [lead] = stores;
  if (lead === undefined) return null;
  const { folders } = await findFolders(lead, { cluster });
  const restores = folders
    .flatMap(({ backupId, objects }) =>
      listTrials([...objects.keys()])
        .filter(({ kind, ok }) => kind === 'restore' && ok)
        .map((trial) => ({ key: setKey(cluster, backupId, trialName(trial)), at: trial.at })),
    )
    .sort((left, right) => right.at.localeCompare(left.at));
  for (const { key } of restores) {
    const record = parseRecord(await lead.getObject(key));
    if (record?.target === target) return Date.parse(record.endedAt) - Date.parse(record.startedAt);
  }
  return null;
}

/** `null` for one that is gone or cannot be read: no plan hangs on it. */
function parseRecord(text: string | null): RestoreRecord | null {
  try {
    return RestoreRecord.parse(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}
