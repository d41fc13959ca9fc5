import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge, lookAt } from '../findings.ts';

const SKEW_WARNING_MS = 5_000;
const SKEW_ERROR_MS = 60_000;
/** `Date` headers have whole seconds. */
const HEADER_GRAIN_MS = 1_000;

/** Our clock against those of the components: backup ids are unix seconds, and the evidence has times from both. */
export async function checkClocks(context: CheckContext): Promise<Finding[]> {
  return await lookAt(context, 'clocks.skew', async () => {
    const fromMs = Date.now();
    const clocks = await context.camunda.readClocks(context.call);
    if (clocks.length === 0) return [noClock];
    return [judgeClocks(clocks, fromMs, Date.now())];
  });
}

const noClock: Finding = {
  check: 'clocks.skew',
  ok: false,
  severity: 'info',
  seen: 'no component told its time',
  fix: 'repair the components that do not answer first',
};

/** `fromMs` and `toMs`: our clock before and after the readings, which fell somewhere between. */
export function judgeClocks(
  clocks: { component: string; at: string }[],
  fromMs: number,
  toMs: number,
): Finding {
  const skews = clocks.map(({ component, at }) => ({
    component,
    skewMs: skewOf(Date.parse(at), fromMs, toMs),
  }));
  const worst = skews.reduce((most, one) => (Math.abs(one.skewMs) > Math.abs(most.skewMs) ? one : most), {
    component: '',
    skewMs: 0,
  });
  const worstMs = Math.abs(worst.skewMs);
  const direction = worst.skewMs > 0 ? 'ahead of' : 'behind';
  return judge({
    check: 'clocks.skew',
    severity: worstMs > SKEW_ERROR_MS ? 'error' : 'warning',
    ok: worstMs <= SKEW_WARNING_MS,
    seen:
      worstMs <= SKEW_WARNING_MS
        ? `${clocks.length} clocks agree with ours`
        : `the clock of ${worst.component} is ${Math.round(worstMs / 1000)} s ${direction} ours`,
    fix: 'synchronize the clocks (NTP) of the worker and of Camunda; a wrong clock makes backup ids that block later ones',
  });
}

function skewOf(atMs: number, fromMs: number, toMs: number): number {
  if (atMs > toMs) return atMs - toMs;
  return atMs < fromMs - HEADER_GRAIN_MS ? atMs - (fromMs - HEADER_GRAIN_MS) : 0;
}
