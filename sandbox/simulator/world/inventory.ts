import type { Settings, SimulatedPart } from '../options.ts';

export type IndexedPart = Exclude<SimulatedPart, 'zeebe'>;

/** Indices by snapshot, as 8.6.0 spreads them: parts 3 and 5 are for dated archive indices and hold none here. */
const operate = [
  ['operate-import-position-8.3.0_'],
  ['operate-list-view-8.3.0_'],
  [],
  [
    'operate-batch-operation-1.0.0_',
    'operate-decision-instance-8.3.0_',
    'operate-event-8.3.0_',
    'operate-flownode-instance-8.3.1_',
    'operate-incident-8.3.1_',
    'operate-job-8.6.0_',
    'operate-message-8.5.0_',
    'operate-operation-8.4.1_',
    'operate-post-importer-queue-8.3.0_',
    'operate-sequence-flow-8.3.0_',
    'operate-user-task-8.5.0_',
    'operate-variable-8.3.0_',
  ],
  [],
  [
    'operate-decision-8.3.0_',
    'operate-decision-requirements-8.3.0_',
    'operate-metric-8.3.0_',
    'operate-migration-steps-repository-1.1.0_',
    'operate-process-8.3.0_',
    'operate-user-1.2.0_',
    'operate-web-session-1.1.0_',
  ],
];

const tasklist = [
  ['tasklist-import-position-8.2.0_'],
  ['tasklist-task-8.5.0_', 'tasklist-list-view-8.6.0_'],
  [],
  [
    'tasklist-draft-task-variable-8.3.0_',
    'tasklist-flownode-instance-8.3.0_',
    'tasklist-process-instance-8.3.0_',
    'tasklist-task-variable-8.3.0_',
    'tasklist-variable-8.3.0_',
  ],
  [],
  [
    'tasklist-form-8.4.0_',
    'tasklist-metric-8.3.0_',
    'tasklist-migration-steps-repository-1.1.0_',
    'tasklist-process-8.4.0_',
    'tasklist-user-1.4.0_',
    'tasklist-web-session-1.1.0_',
  ],
];

const webapps = [
  ['operate-import-position-8.3.0_', 'tasklist-import-position-8.2.0_'],
  ['operate-list-view-8.3.0_', 'tasklist-task-8.8.0_'],
  ['operate-operation-8.4.1_'],
  [
    'operate-flownode-instance-8.3.1_',
    'operate-incident-8.3.1_',
    'operate-variable-8.3.0_',
    'tasklist-task-variable-8.3.0_',
  ],
  ['camunda-authorization-8.8.0_', 'camunda-user-8.8.0_', 'operate-process-8.3.0_', 'tasklist-form-8.4.0_'],
];

const optimize = [
  ['optimize-position-based-import-index_v3', 'optimize-timestamp-based-import-index_v5'],
  [
    'optimize-metadata_v3',
    'optimize-process-definition_v6',
    'optimize-process-instance-order_v8',
    'optimize-settings_v3',
  ],
];

const plans: Record<IndexedPart, string[][]> = { operate, tasklist, webapps, optimize };

/** Index names of each snapshot of a part, in order. */
export function indexPlan(part: IndexedPart): string[][] {
  return plans[part];
}

/** Every index that lives in the search engine. */
export function liveIndices(settings: Settings): string[] {
  const ofParts = settings.parts.flatMap((part) => (part === 'zeebe' ? [] : indexPlan(part).flat()));
  const day = new Date().toISOString().slice(0, 10);
  const records = ['deployment', 'job', 'process', 'process-instance', 'variable'].map(
    (type) => `zeebe-record_${type}_${settings.version}_${day}`,
  );
  return [...ofParts, ...(settings.zeebeRecords ? records : [])].sort();
}
