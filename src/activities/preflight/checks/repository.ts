import type { ReportedSettings } from '../../../camunda/port.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, lookAtShared, passed, untold } from '../findings.ts';
import { show, told } from './settings.ts';

/** The snapshot repository: one name everywhere, registered, writable from every node, and nobody at work in it. */
export async function checkRepository(context: CheckContext): Promise<Finding[]> {
  const { camunda, call, settings } = context;
  const { repository } = camunda.searchEngine;
  const findings = await Promise.all([
    lookAtShared(context, 'repository.names', settings, (reported) => [judgeNames(reported, repository)]),
    lookAt(context, 'repository.registered', async () => [
      judgeRegistered(await camunda.searchEngine.repositoryExists(call), repository),
    ]),
    lookAt(context, 'repository.verify', () => verify(context), {
      SnapshotFailed: `make the storage behind ${repository} writable for every node of the search engine: bucket, credentials, path.repo`,
    }),
    lookAt(context, 'repository.idle', async () => [
      judgeRunning(await camunda.searchEngine.listRunningSnapshots(call)),
    ]),
  ]);
  return findings.flat();
}

async function verify({ camunda, call }: CheckContext): Promise<Finding[]> {
  await camunda.searchEngine.verifyRepository(call);
  return [passed('repository.verify', 'error', `every node can write to ${camunda.searchEngine.repository}`)];
}

export function judgeNames(settings: ReportedSettings[], configured: string): Finding {
  const names = told(settings, (one) => one.repository);
  if (names.length === 0)
    return untold('repository.names', 'the components do not say which repository they use');
  return judge({
    check: 'repository.names',
    severity: 'error',
    ok: names.every(({ value }) => value === configured),
    seen: `config ${configured}, ${show(names)}`,
    fix: `set one repository name in every component and as \`searchEngine.repository\` in the config of Safepoint`,
  });
}

export function judgeRegistered(exists: boolean, repository: string): Finding {
  return judge({
    check: 'repository.registered',
    severity: 'error',
    ok: exists,
    seen: exists ? repository : `the search engine has no snapshot repository ${repository}`,
    fix: `register it with PUT _snapshot/${repository}, or correct \`searchEngine.repository\``,
  });
}

export function judgeRunning(snapshots: string[]): Finding {
  return judge({
    check: 'repository.idle',
    severity: 'error',
    ok: snapshots.length === 0,
    seen: snapshots.length === 0 ? 'no snapshot runs' : `snapshots that run now: ${snapshots.join(', ')}`,
    fix: 'wait until they are done; Optimize and older versions fail beside another snapshot',
  });
}
