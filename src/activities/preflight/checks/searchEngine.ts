import type { Finding, Severity } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

/** The search engine begins to refuse writes at 95 % (flood stage) and stops placing shards before. */
const DISK_WARNING_PERCENT = 90;
const DISK_ERROR_PERCENT = 95;

/** Health and disk of Elasticsearch or OpenSearch. */
export async function checkSearchEngine(context: CheckContext): Promise<Finding[]> {
  const { searchEngine } = context.camunda;
  const findings = await Promise.all([
    lookAt(context, 'searchEngine.health', async () => [
      judgeStatus(await searchEngine.readHealth(context.call)),
    ]),
    lookAt(context, 'searchEngine.disk', async () => [
      judgeDisk(await searchEngine.readDiskUsedPercent(context.call)),
    ]),
  ]);
  return findings.flat();
}

export function judgeStatus(health: { status: string; engine: string; version: string }): Finding {
  const yellow = health.status === 'yellow';
  return judge({
    check: 'searchEngine.health',
    severity: yellow ? 'info' : 'error',
    ok: health.status === 'green',
    seen: `${health.engine} ${health.version} is ${health.status}`,
    fix: yellow
      ? 'nothing with a single node, where replicas have no place; with several nodes find the missing one'
      : 'find the missing shards with GET _cluster/allocation/explain; a snapshot of a red index is not whole',
  });
}

export function judgeDisk(usedPercent: number | null): Finding {
  const severity: Severity = usedPercent !== null && usedPercent >= DISK_ERROR_PERCENT ? 'error' : 'warning';
  return judge({
    check: 'searchEngine.disk',
    severity,
    ok: usedPercent === null || usedPercent < DISK_WARNING_PERCENT,
    seen:
      usedPercent === null
        ? 'disk use is not visible'
        : `the fullest data node uses ${usedPercent} % of its disk`,
    fix: 'free or add disk space: at 95 % the search engine turns its indices read-only, and exporting stops',
  });
}
