import type { CatalogueEntry } from './catalogueEntry.ts';

/** Failures of restores and drills; part of the catalogue in errors.ts. */
export const restoreErrors = {
  RestoreRefused: {
    meaning:
      'A restore cannot be done as it is asked for; all that speaks against it is listed. Nothing was touched.',
    retry: false,
    operatorAction:
      'Repair what each line says, or choose another set with `safepoint list CLUSTER`; then start again.',
  },
  PlanOutdated: {
    meaning:
      'The approval quotes another plan than the one that the restore would carry out now, or indices came that the plan does not name. No index was deleted.',
    retry: false,
    operatorAction:
      'Read the plan that the run shows now, and approve that one by its digest. Where the run has ended, start it again.',
  },
  DumpUnusable: {
    meaning:
      'A dump that is to be restored is gone or damaged in every store that should have it; its database was not touched, or holds a part of it that the next try drops.',
    retry: false,
    operatorAction:
      'Read what is wrong in each store. Bring the object back from a backup or older version of the store, or use another set with `safepoint list CLUSTER`.',
  },
  NotStopped: {
    meaning: 'A process of the cluster still answers although it must be stopped. No data was deleted.',
    retry: true,
    operatorAction:
      'Stop the process that the message names, or correct the hook `stop`; it is looked at again.',
  },
  RestoreNotProven: {
    meaning: 'The cluster was restored and started, but does not come up as it was in the backup.',
    retry: true,
    operatorAction:
      'Look into the log of the component that the message names; it is looked at again until the time is over. Then start the restore again.',
  },
  DrillFailed: {
    meaning: 'A drill could not restore the set, or found something else in it than was expected.',
    retry: false,
    operatorAction:
      'Read the record of the drill beside the set; drill another set, and find out what damaged this one.',
  },
  RestoreCancelled: {
    meaning:
      'A restore was cancelled. Before the step `delete indices` nothing is lost; after it the cluster is not whole, and no backup of it is taken.',
    retry: false,
    operatorAction:
      'See with `safepoint status CLUSTER` whether it has left something unfinished. If so, start the same restore again; else start Camunda if it was stopped.',
  },
  DrillCancelled: {
    meaning:
      'A drill was cancelled. What it had restored beside live data was removed; with level `whole` the cluster `drill.into` is as far as its restore was.',
    retry: false,
    operatorAction: 'Start again when wanted.',
  },
  HookFailed: {
    meaning:
      'A hook of a restore, which stops Camunda, restores Zeebe or starts Camunda, ended with an error, took too long or could not be started.',
    retry: false,
    operatorAction:
      'Repair what its last lines say, then start the same restore again: hooks may be run twice.',
  },
} as const satisfies Record<string, CatalogueEntry>;
