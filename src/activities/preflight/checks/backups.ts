import type { KnownBackup } from '../../../camunda/port.ts';
import type { CutPart } from '../../../contract/parts.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt, lookAtShared } from '../findings.ts';

const STORE_FIX =
  'configure a backup store for Zeebe on every broker and gateway, and check that it is reachable: bucket, credentials, endpoint';
const LIST_FIX = 'check the repository of the component and its log for the quoted reason';

/** Every part can read its backups, which proves its store or repository, and none is under way. */
export async function checkBackups(context: CheckContext): Promise<Finding[]> {
  return await lookAtShared(context, 'parts.backups', context.parts, async (parts) => {
    const findings = await Promise.all(parts.map((part) => checkPart(context, part)));
    return findings.flat();
  });
}

async function checkPart(context: CheckContext, part: CutPart): Promise<Finding[]> {
  const list = async () => [judgeBackups(part, await context.camunda.listBackups(part, context.call))];
  const fix = part === 'zeebe' ? STORE_FIX : LIST_FIX;
  return await lookAt(context, `${part}.backups`, list, { PartRefused: fix, UnexpectedAnswer: fix });
}

export function judgeBackups(part: CutPart, backups: KnownBackup[]): Finding {
  const running = backups
    .filter((backup) => backup.foreignState === 'IN_PROGRESS')
    .map((backup) => backup.backupId);
  return judge({
    check: `${part}.backups`,
    severity: 'error',
    ok: running.length === 0,
    seen:
      running.length === 0
        ? `${backups.length} backups, none in progress`
        : `backup ${running.join(', ')} of ${part} is IN_PROGRESS`,
    fix: `wait until it is complete; one that stands still for long is dead (camunda#41200): delete it in ${part}, then start again`,
  });
}
