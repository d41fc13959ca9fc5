import { fieldOf } from '../http/route.ts';

/** What the searches are about: the newest record of a partition. */
export type IndexedRecord = { partitionId: number; position: number };

/** A query that the simulated engine doesn't know; answered with 400. */
export type UnknownQuery = { unknown: string };

/** Whether a record fits a query of `match_all`, `term`, `terms`, `range`, `exists` and `bool`; no query fits all. */
export function fitsQuery(query: unknown, record: IndexedRecord): boolean | UnknownQuery {
  if (query === undefined || query === null) return true;
  for (const [kind, clause] of Object.entries(query) as [string, unknown][]) {
    const fits = fitsClause(kind, clause, record);
    if (fits !== true) return fits;
  }
  return true;
}

function fitsClause(kind: string, clause: unknown, record: IndexedRecord): boolean | UnknownQuery {
  if (kind === 'match_all' || kind === 'exists') return true;
  if (kind === 'bool') return fitsBool(clause, record);
  const [field, wanted] = Object.entries(clause as Record<string, unknown>)[0] ?? ['', undefined];
  const value = record[field as keyof IndexedRecord] as number | undefined;
  if (value === undefined) return false;
  if (kind === 'term') return value === (fieldOf(wanted, 'value') ?? wanted);
  if (kind === 'terms') return (wanted as unknown[]).includes(value);
  if (kind === 'range') return fitsRange(wanted as Record<string, number>, value);
  return { unknown: kind };
}

function fitsBool(clause: unknown, record: IndexedRecord): boolean | UnknownQuery {
  for (const name of ['must', 'filter', 'must_not'] as const) {
    for (const inner of [fieldOf(clause, name) ?? []].flat()) {
      const fits = fitsQuery(inner, record);
      if (typeof fits !== 'boolean') return fits;
      if (fits === (name === 'must_not')) return false;
    }
  }
  return true;
}

function fitsRange(
  { gt, gte, lt, lte }: Partial<Record<'gt' | 'gte' | 'lt' | 'lte', number>>,
  value: number,
): boolean {
  return (
    value > (gt ?? -Infinity) &&
    value >= (gte ?? -Infinity) &&
    value < (lt ?? Infinity) &&
    value <= (lte ?? Infinity)
  );
}
