import type { Running, Topology } from '../../../camunda/port.ts';
import type { ClusterConfig } from '../../../config/schema.ts';
import { APPLICATIONS } from '../../../contract/parts.ts';
import type { Finding } from '../../../contract/preflight.ts';
import { findRunningApplications } from '../../runningApplications.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, lookAtShared, passed } from '../findings.ts';

/** From this release on the brokers write the indices of Operate and Tasklist themselves. */
const UNIFIED = { major: 8, minor: 8 };

/** What only a cold backup needs: nobody but the exporters writes into the indices, and every application is proven to be stopped. */
export async function checkCold(context: CheckContext): Promise<Finding[]> {
  if (!context.cold) return [];
  const { config, camunda, call } = context;
  if (config.webapps !== undefined) return [judgeRelease('8.8 or later')];
  const findings = await Promise.all([
    lookAtShared(context, 'cold.release', context.topology, ({ version }) => [judgeRelease(version)]),
    lookAt(context, 'cold.stopped', async () =>
      judgeStopped(config, await findRunningApplications(camunda, call)),
    ),
  ]);
  return findings.flat();
}

export function judgeRelease(version: Topology['version']): Finding {
  const check = 'cold.release';
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined)
    return judge({
      check,
      severity: 'warning',
      ok: false,
      seen: 'Zeebe does not tell its version',
      fix: 'make sure that it is 8.7 or older: from 8.8 on the brokers write the indices of Operate and Tasklist; set `restApi` in the config to have it checked',
    });
  const isUnified =
    Number(major) > UNIFIED.major || (Number(major) === UNIFIED.major && Number(minor) >= UNIFIED.minor);
  return judge({
    check,
    severity: 'error',
    ok: !isUnified,
    seen: isUnified
      ? `Camunda ${version}: the brokers write the indices of Operate and Tasklist themselves, so these cannot be stopped without Zeebe`
      : `Camunda ${version}`,
    fix: 'take a hot backup, without `mode: cold`; to copy everything while all is stopped is work by hand (docs/cold-backup.md)',
  });
}

/** One finding for each application of the config. */
export function judgeStopped(config: ClusterConfig, running: readonly Running[]): Finding[] {
  const known = APPLICATIONS.filter((application) => config[application] !== undefined);
  return known.map((application) => {
    const check = `${application}.stopped`;
    const seen = running.find(({ component }) => component === application);
    if (seen === undefined) return passed(check, 'error', 'nobody answers');
    return judge({
      check,
      severity: 'error',
      ok: false,
      seen: `${application} at ${seen.url} ${seen.seen}`,
      fix: `stop ${application} and keep it stopped until the window of the backup has ended`,
    });
  });
}
