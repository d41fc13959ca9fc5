import type { MetricName } from '../../src/contract/metrics.ts';

/** One line of ours in `/metrics`. */
export type Sample = { name: MetricName; labels: Record<string, string>; value: number };

/** The text at that port of 127.0.0.1; empty while nobody listens. */
export async function readMetrics(port: number): Promise<string> {
  return await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  );
}

export async function readSamples(port: number): Promise<Sample[]> {
  const text = await readMetrics(port);
  return text.split('\n').flatMap((line) => {
    const [, name = '', , labels = '', value = ''] = /^(safepoint_\w+)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === '') return [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, word]) => [label, word] as const);
    return [
      {
        name: name as MetricName,
        labels: Object.fromEntries(pairs) as Sample['labels'],
        value: Number(value),
      },
    ];
  });
}

/** The value of the first sample with these labels; `undefined` when there is none. */
export function valueOf(
  samples: Sample[],
  name: MetricName,
  labels: Record<string, string> = {},
): number | undefined {
  const wanted = Object.entries(labels);
  return samples.find(
    (sample) => sample.name === name && wanted.every(([label, word]) => sample.labels[label] === word),
  )?.value;
}
