import { SafepointError } from '../contract/errors.ts';
import type { ExporterReading, PauseMode } from '../contract/exporting.ts';
import { excerpt, isJson, parseJson, quoted, readJson, type HttpAnswer } from '../system/http/answer.ts';
import type { HttpClient } from '../system/http.ts';
import { errorText, unexpectedStatus } from './answers.ts';
import type { CallOptions } from './port.ts';
import { ExportingEnvelope } from './schema/actuator.ts';
import { LocalPartitions } from './schema/cluster.ts';

/** Newer builds hold the answer back for up to 60 s, until every partition has changed. */
const EXPORTING_TIMEOUT_MS = 95_000;

/** Fails with `PauseNotProven`; whether some partitions paused is unknown then (camunda#9630). */
export async function pauseExporting(
  zeebe: HttpClient,
  mode: PauseMode,
  options?: CallOptions,
): Promise<void> {
  const call = { ...exportingCall(`/actuator/exporting/pause?soft=${mode === 'soft'}`), ...options };
  const answer = await zeebe.ask(call);
  const problem = describeFailure(answer);
  if (problem === null) return;
  const next = 'check the brokers that it names, or the Zeebe log';
  throw new SafepointError(
    'PauseNotProven',
    `${answer.request} did not pause exporting, ${problem}; ${next}`,
  );
}

/** Fails with `ResumeNotProven`, also where access is denied: giving up would leave exporting paused. */
export async function resumeExporting(zeebe: HttpClient, options?: CallOptions): Promise<void> {
  const answer = await zeebe.exchange({ ...exportingCall('/actuator/exporting/resume'), ...options });
  const problem = describeFailure(answer);
  if (problem === null) return;
  const next = 'repair the broker that it names; it is tried again';
  throw new SafepointError(
    'ResumeNotProven',
    `${answer.request} did not resume exporting, ${problem}; ${next}`,
  );
}

/** Newer builds want a content type and a body on every POST. */
function exportingCall(path: string) {
  return { method: 'POST', path, body: '{}', timeoutMs: EXPORTING_TIMEOUT_MS } as const;
}

/** `null`: done. HTTP 200 alone proves nothing: the envelope in its body holds the true status (camunda-docs#8435). */
function describeFailure(answer: HttpAnswer): string | null {
  if (answer.status === 204) return null;
  if (answer.status !== 200) return `it answered ${answer.status}${quoted(errorText(answer))}`;
  const envelope = readEnvelope(answer);
  if (envelope === null) return `it answered 200 without a status in the body${quoted(answer.text)}`;
  if (envelope.status === 204) return null;
  return `its answer says ${envelope.status}${quoted(envelopeText(envelope.body))}`;
}

function readEnvelope(answer: HttpAnswer): ExportingEnvelope | null {
  if (!isJson(answer)) return null;
  try {
    return ExportingEnvelope.safeParse(parseJson(answer)).data ?? null;
  } catch {
    return null;
  }
}

/** The reason is a plain text in later builds, an object with a message before. */
function envelopeText(body: unknown): string {
  if (typeof body === 'string') return excerpt(body);
  if (typeof body === 'object' && body !== null && 'message' in body) return excerpt(String(body.message));
  return excerpt(JSON.stringify(body ?? null));
}

/** Leaders only, by partition; a partition is missing that no broker leads, or that two brokers claim to lead. */
export async function readExporters(
  brokers: HttpClient[],
  options?: CallOptions,
): Promise<ExporterReading[]> {
  const answers = await Promise.all(brokers.map((broker) => readLeaders(broker, options)));
  const readings = answers.flat();
  const isOnly = ({ partitionId }: ExporterReading) =>
    readings.filter((reading) => reading.partitionId === partitionId).length === 1;
  return readings.filter(isOnly).sort((a, b) => a.partitionId - b.partitionId);
}

async function readLeaders(broker: HttpClient, options?: CallOptions): Promise<ExporterReading[]> {
  const partitions = await readPartitions(broker, options);
  return Object.entries(partitions)
    .filter(([, partition]) => partition.role === 'LEADER')
    .map(([id, partition]) => ({
      partitionId: Number(id),
      leader: broker.url,
      phase: excerpt(partition.exporterPhase ?? '') || 'not reported',
      exportedPosition: partition.exportedPosition ?? null,
      processedPosition: partition.processedPosition ?? null,
    }));
}

export async function readPartitions(broker: HttpClient, options?: CallOptions): Promise<LocalPartitions> {
  const answer = await broker.ask({ method: 'GET', path: '/actuator/partitions', ...options });
  if (answer.status !== 200) throw unexpectedStatus(answer);
  return readJson(answer, LocalPartitions);
}
