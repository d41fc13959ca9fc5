import type { Answer } from '../http/route.ts';

/** An error as Elasticsearch and OpenSearch answer it. */
export function searchError(status: number, type: string, reason: string): Answer {
  return { status, json: { error: { root_cause: [{ type, reason }], type, reason }, status } };
}
