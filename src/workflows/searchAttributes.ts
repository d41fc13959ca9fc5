import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { BackupPlan, Verdict } from '../contract/backup.ts';
import { SEARCH_ATTRIBUTES } from '../contract/names.ts';

const cluster = defineSearchAttributeKey(SEARCH_ATTRIBUTES.cluster, 'KEYWORD');
const backupId = defineSearchAttributeKey(SEARCH_ATTRIBUTES.backupId, 'KEYWORD');
const verdict = defineSearchAttributeKey(SEARCH_ATTRIBUTES.verdict, 'KEYWORD');

type Known = { backupId?: string; verdict?: Verdict };

/** Pairs for the start of a workflow; none where the config says that the namespace lacks them. */
export function searchAttributesOf(plan: BackupPlan, known: Known): TypedSearchAttributes {
  return new TypedSearchAttributes(plan.searchAttributes ? pairs(plan.cluster, known) : []);
}

export function showSearchAttributes(plan: BackupPlan, known: Known): void {
  if (plan.searchAttributes) upsertSearchAttributes(pairs(plan.cluster, known));
}

function pairs(clusterName: string, known: Known) {
  return [
    { key: cluster, value: clusterName },
    ...(known.backupId === undefined ? [] : [{ key: backupId, value: known.backupId }]),
    ...(known.verdict === undefined ? [] : [{ key: verdict, value: known.verdict }]),
  ];
}
