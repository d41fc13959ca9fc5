import type { ReportedSettings } from '../../../camunda/port.ts';
import type { ClusterConfig } from '../../../config/schema.ts';
import type { CutPart } from '../../../contract/parts.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAtShared } from '../findings.ts';
import { expectedParts } from './parts.ts';
import { show, told } from './settings.ts';

type Prefixes = ClusterConfig['searchEngine']['indexPrefixes'];
type PrefixName = keyof Prefixes;

/** `indexPrefix` as configured here, as the components report it, and as the live indices show it. */
export async function checkIndices(context: CheckContext): Promise<Finding[]> {
  const prefixes = context.config.searchEngine.indexPrefixes;
  const findings = await Promise.all([
    lookAtShared(context, 'indices.prefixes', context.settings, (settings) => [
      judgePrefixes(settings, prefixes),
    ]),
    lookAtShared(context, 'indices.live', context.parts, async (parts) => {
      const wanted = wantedPrefixes(context.cold ? expectedParts(context.config) : parts, prefixes);
      const live = await context.camunda.searchEngine.listIndices(wanted, context.call);
      return [
        judgeLive(
          wanted,
          live.map((index) => index.name),
        ),
      ];
    }),
  ]);
  return findings.flat();
}

/** Prefixes whose indices must exist. From 8.8 on `webapps` holds those of Operate and Tasklist. */
export function wantedPrefixes(parts: CutPart[], prefixes: Prefixes): string[] {
  const names: Record<CutPart, PrefixName[]> = {
    zeebe: [],
    webapps: ['operate', 'tasklist'],
    operate: ['operate'],
    tasklist: ['tasklist'],
    optimize: ['optimize'],
    'zeebe-records': ['zeebeRecords'],
    indices: [], // of the applications, by their own names
  };
  return [...new Set(parts.flatMap((part) => names[part]).map((name) => prefixes[name]))];
}

export function judgePrefixes(settings: ReportedSettings[], prefixes: Prefixes): Finding {
  const reported = told(settings, (one) => one.indexPrefix);
  const wrong = reported.filter(({ component, value }) => !fits(component, value, prefixes));
  return judge({
    check: 'indices.prefixes',
    severity: 'error',
    ok: wrong.length === 0,
    seen: `config operate ${prefixes.operate}, tasklist ${prefixes.tasklist}; ${reported.length === 0 ? 'the components do not say, so only the live indices tell' : show(wrong.length > 0 ? wrong : reported)}`,
    fix: 'give Safepoint the prefixes of the components under `searchEngine.indexPrefixes`; a restore deletes and restores by them',
  });
}

/** From 8.8 on one prefix stands before the names of all web applications: `acme` makes `acme-operate-…`. */
function fits(component: string, value: string, prefixes: Prefixes): boolean {
  if (component === 'operate' || component === 'tasklist' || component === 'optimize')
    return prefixes[component] === value;
  if (component !== 'webapps') return true;
  return prefixes.operate.startsWith(value) && prefixes.tasklist.startsWith(value);
}

export function judgeLive(prefixes: string[], indices: string[]): Finding {
  const missing = prefixes.filter((prefix) => !indices.some((index) => index.startsWith(prefix)));
  return judge({
    check: 'indices.live',
    severity: 'error',
    ok: missing.length === 0,
    seen:
      missing.length === 0
        ? `${indices.length} indices that begin with ${prefixes.join(', ')}`
        : `no index begins with ${missing.join(', ')}`,
    fix: 'correct `searchEngine.indexPrefixes`, or start the component once so that it makes its indices',
  });
}
