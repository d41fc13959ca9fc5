import type { ReportedSettings } from '../../../camunda/port.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAtShared, passed, untold } from '../findings.ts';

/** What the components say of their own config: backup store, kind of ids, flush delay. */
export async function checkSettings(context: CheckContext): Promise<Finding[]> {
  const { settings, config } = context;
  const findings = await Promise.all([
    lookAtShared(context, 'settings.read', settings, (reported) => [
      passed('settings.read', 'error', reported.map((one) => one.component).join(', ')),
    ]),
    lookAtShared(context, 'zeebe.store', settings, (reported) => [judgeBackupStore(reported)]),
    lookAtShared(context, 'zeebe.ids', settings, (reported) => [judgeIdMode(reported)]),
    lookAtShared(context, 'exporter.flushDelay', settings, (reported) => [
      judgeFlushDelay(reported, config.exporter.flushDelay),
    ]),
  ]);
  return findings.flat();
}

export function judgeBackupStore(settings: ReportedSettings[]): Finding {
  const stores = told(settings, (one) => one.backupStore);
  if (stores.length === 0) return untold('zeebe.store', 'the brokers do not say which backup store they use');
  return judge({
    check: 'zeebe.store',
    severity: 'error',
    ok: stores.every(({ value }) => value.toUpperCase() !== 'NONE'),
    seen: show(stores),
    fix: 'configure a backup store for Zeebe on every broker: S3, GCS, AZURE or, from 8.8 on, FILESYSTEM',
  });
}

export function judgeIdMode(settings: ReportedSettings[]): Finding {
  if (settings.every((one) => one.continuousBackups === null)) {
    return untold('zeebe.ids', 'the brokers do not say whether they make their own backup ids');
  }
  const continuous = settings.some((one) => one.continuousBackups === true);
  return judge({
    check: 'zeebe.ids',
    severity: 'error',
    ok: !continuous,
    seen: continuous
      ? 'continuous backups are on, so Zeebe makes its own backup ids'
      : 'Zeebe takes the id that it is given',
    fix: 'turn continuous backups and backup schedules off; with Elasticsearch or OpenSearch all parts must carry one id, which Zeebe then refuses',
  });
}

export function judgeFlushDelay(settings: ReportedSettings[], configuredMs: number): Finding {
  const reportedMs = Math.max(0, ...settings.map((one) => one.flushDelayMs ?? 0));
  return judge({
    check: 'exporter.flushDelay',
    severity: 'info',
    ok: reportedMs <= configuredMs,
    seen: `${effectiveFlushDelayMs(settings, configuredMs)} ms is used; the config says ${configuredMs} ms, the exporter ${reportedMs === 0 ? 'nothing' : `${reportedMs} ms`}`,
    fix: 'nothing: the longer one is used; set `exporter.flushDelay` to it to see this no more',
  });
}

/** An exporter flushes what it has buffered this long after a hard pause at most; the longest of what anybody says. */
export function effectiveFlushDelayMs(settings: ReportedSettings[], configuredMs: number): number {
  return Math.max(configuredMs, ...settings.map((one) => one.flushDelayMs ?? 0));
}

/** The components that say something, with what they say. */
export function told(
  settings: ReportedSettings[],
  pick: (settings: ReportedSettings) => string | null,
): { component: string; value: string }[] {
  return settings.flatMap((one) => {
    const value = pick(one);
    return value === null ? [] : [{ component: one.component, value }];
  });
}

export function show(values: { component: string; value: string }[]): string {
  return values.map(({ component, value }) => `${component} ${value === '' ? '(empty)' : value}`).join(', ');
}
