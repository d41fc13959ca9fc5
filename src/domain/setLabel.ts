const LABEL =
  /^label\.(complete|partial)\.([a-z0-9-]+)\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.(\d{1,6})\.(\d{1,16})\.([0-9a-f]{64})$/;

/**
 * What a listing shows of a sealed set. It stands in the name of an object beside the manifest, so that a list of
 * thousands of sets opens none of them. Times are unix milliseconds, spans milliseconds, sizes bytes.
 */
export type SetLabel = {
  verdict: 'complete' | 'partial';
  procedure: string;
  startedMs: number;
  completedMs: number;
  windowMs: number;
  /** A manifest of another size is not the one that the label is of. */
  manifestBytes: number;
  artifacts: number;
  artifactBytes: number; // of all together, as stored
  manifestSha256: string; // hex
};

/** `label.complete.sequential.1795399832000.1795399841000.8123.20480.2.1048576.9f86d0…` */
export function formatLabel(label: SetLabel): string {
  const { verdict, procedure, startedMs, completedMs, windowMs } = label;
  const numbers = [startedMs, completedMs, Math.round(windowMs), label.manifestBytes];
  return [
    'label',
    verdict,
    procedure,
    ...numbers,
    label.artifacts,
    label.artifactBytes,
    label.manifestSha256,
  ].join('.');
}

/** `null` for a name that is no label. */
export function parseLabel(name: string): SetLabel | null {
  const [, verdict, procedure = '', ...facts] = LABEL.exec(name) ?? [];
  if (verdict !== 'complete' && verdict !== 'partial') return null;
  const [startedMs = 0, completedMs = 0, windowMs = 0, manifestBytes = 0, artifacts = 0, artifactBytes = 0] =
    facts.slice(0, -1).map(Number);
  const isTime = (ms: number) => ms <= LATEST_MS;
  if (!isTime(startedMs) || !isTime(completedMs)) return null;
  const manifestSha256 = facts.at(-1) ?? '';
  return {
    ...{ verdict, procedure, startedMs, completedMs, windowMs },
    ...{ manifestBytes, manifestSha256, artifacts, artifactBytes },
  };
}

/** Whether no label among the names is of another manifest than the one with this digest; sets before 0.4.0 have none. */
export function fitsLabels(names: Iterable<string>, manifestSha256: string): boolean {
  const digests = [...names].flatMap((name) => parseLabel(name)?.manifestSha256 ?? []);
  return digests.length === 0 || digests.includes(manifestSha256);
}

/** The end of year 9999: `Date` knows later ones, and writes them in a form that nobody expects. */
const LATEST_MS = 253_402_300_799_999;
