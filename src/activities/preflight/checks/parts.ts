import type { ClusterConfig } from '../../../config/schema.ts';
import { APPLICATIONS, type CutPart } from '../../../contract/parts.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAtShared } from '../findings.ts';

/** Every component of the config offers its part of a backup. Those that a cold backup needs stopped offer nothing. */
export async function checkParts(context: CheckContext): Promise<Finding[]> {
  if (context.cold) return [];
  return await lookAtShared(context, 'parts.offered', context.parts, (parts) => [
    judgeParts(parts, expectedParts(context.config)),
  ]);
}

export function expectedParts(config: ClusterConfig): CutPart[] {
  return ['zeebe', ...APPLICATIONS.filter((part) => config[part] !== undefined)];
}

export function judgeParts(parts: CutPart[], expected: CutPart[]): Finding {
  const missing = expected.filter((part) => !parts.includes(part));
  return judge({
    check: 'parts.offered',
    severity: 'error',
    ok: missing.length === 0,
    seen:
      missing.length === 0
        ? parts.join(', ')
        : `no backup endpoint for ${missing.join(', ')}; found ${parts.join(', ') || 'none'}`,
    fix: `check that the address of ${missing.join(', ')} is the management address (port 9600, Optimize 8092), and that its backup store or repository is configured`,
  });
}
