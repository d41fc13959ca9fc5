import { EXPORTER_PHASES, type ExporterReading } from '../../../contract/exporting.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { Topology } from '../../../camunda/port.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAtShared } from '../findings.ts';

/** Past this many positions the index parts are old by the time of the cut, and settling after a pause takes long. */
const LAG_WARNING = 100_000;

/** Every leader is visible to us, exports, and keeps up. */
export async function checkExporting(context: CheckContext): Promise<Finding[]> {
  const { exporters, topology, config } = context;
  const findings = await Promise.all([
    lookAtShared(context, 'exporting.visible', exporters, (readings) =>
      lookAtShared(context, 'exporting.visible', topology, (known) => [judgeVisible(readings, known)]),
    ),
    lookAtShared(context, 'exporting.brokers', topology, (known) => [
      judgeBrokers(config.brokers?.length ?? 1, known),
    ]),
    lookAtShared(context, 'exporting.running', exporters, (readings) => [
      judgePhases(readings, context.cluster),
    ]),
    lookAtShared(context, 'exporting.lag', exporters, (readings) => [judgeLag(readings)]),
  ]);
  return findings.flat();
}

export function judgeVisible(readings: ExporterReading[], { partitionCount }: Topology): Finding {
  const seen = new Set(readings.map((reading) => reading.partitionId));
  const missing = Array.from({ length: partitionCount }, (_, index) => index + 1).filter(
    (id) => !seen.has(id),
  );
  return judge({
    check: 'exporting.visible',
    severity: 'error',
    ok: missing.length === 0,
    seen:
      missing.length === 0
        ? `the leaders of all ${partitionCount} partitions`
        : `no broker in the config leads ${namePartitions(missing)}`,
    fix: 'list the management address of every broker under `brokers`; a pause is proven on each leader by itself',
  });
}

/** Leaders may all be visible now and one of them elsewhere in the middle of the window. */
export function judgeBrokers(listed: number, { brokerCount }: Topology): Finding {
  return judge({
    check: 'exporting.brokers',
    severity: 'warning',
    ok: listed >= brokerCount,
    seen: `${listed} of ${brokerCount} brokers in the config`,
    fix: 'list the management address of every broker under `brokers`; with a leader that moves out of sight neither pause nor resume can be proven',
  });
}

export function judgePhases(readings: ExporterReading[], cluster: string): Finding {
  const faults = Object.entries(Object.groupBy(readings, (reading) => reading.phase)).filter(
    ([phase]) => phase !== EXPORTER_PHASES.running,
  );
  return judge({
    check: 'exporting.running',
    severity: 'error',
    ok: faults.length === 0,
    seen:
      faults.length === 0
        ? 'exporting on every partition'
        : faults
            .map(
              ([phase, of]) =>
                `${phase} on ${namePartitions((of ?? []).map((reading) => reading.partitionId))}`,
            )
            .join(', '),
    fix: faults.map(([phase]) => fixOfPhase(phase, cluster)).join('; '),
  });
}

/** A pause that is not ours may belong to a backup of somebody else: it is never lifted silently. */
function fixOfPhase(phase: string, cluster: string): string {
  const resume = `\`safepoint resume ${cluster}\` says whose it is, and lifts one that a set of ours left`;
  if (phase === EXPORTER_PHASES.hard) {
    return `find out who paused exporting: another backup, or one that died; nothing reaches Operate and Tasklist until then; ${resume}`;
  }
  if (phase === EXPORTER_PHASES.soft) {
    return `find out who paused exporting: another backup, or one that died; the disks fill until then, and a hard pause over it stops the partitions at the next restart (camunda#55838); ${resume}`;
  }
  return `look into the log of the brokers: ${phase} is no phase in which a cut can be proven`;
}

export function judgeLag(readings: ExporterReading[]): Finding {
  const lags = readings.flatMap(({ partitionId, processedPosition, exportedPosition }) =>
    processedPosition === null || exportedPosition === null
      ? []
      : [{ partitionId, lag: Math.max(0, processedPosition - exportedPosition) }],
  );
  const worst = lags.reduce((most, one) => (one.lag > most.lag ? one : most), { partitionId: 0, lag: 0 });
  return judge({
    check: 'exporting.lag',
    severity: 'warning',
    ok: worst.lag <= LAG_WARNING,
    seen: `at most ${worst.lag} positions behind${worst.lag === 0 ? '' : `, on partition ${worst.partitionId}`}`,
    fix: 'give the search engine room or wait for a quieter time; what is not exported yet is exported again after a restore',
  });
}

function namePartitions(ids: number[]): string {
  return `partition${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;
}
