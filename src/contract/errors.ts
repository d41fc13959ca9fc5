import type { CatalogueEntry } from './catalogueEntry.ts';
import { restoreErrors } from './restoreErrors.ts';

export type { CatalogueEntry } from './catalogueEntry.ts';

/**
 * Every failure that Safepoint names. The code becomes `ApplicationFailure.type`; docs/errors.md is generated from here.
 * Codes are stable once released: retire, do not rename.
 */
export const errorCatalogue = {
  InvalidInput: {
    meaning:
      'The input of the workflow or command has a wrong shape, or names something that the config does not have.',
    retry: false,
    operatorAction: 'Correct the field that the message names and start again; nothing was touched.',
  },
  InvalidConfig: {
    meaning:
      'The config file is missing, is not YAML, or has fields that are wrong; all problems are listed.',
    retry: false,
    operatorAction: 'Correct the fields that the message lists; `safepoint doctor` checks the rest.',
  },
  SecretMissing: {
    meaning: 'A secret that the config refers to is not set, is empty or cannot be read.',
    retry: false,
    operatorAction: 'Set the variable or file that the message names where the worker runs.',
  },
  ClusterBusy: {
    meaning: 'Another backup or restore holds the window of this cluster.',
    retry: false,
    operatorAction: 'Wait for the run that the message names, or cancel it; then start again.',
  },
  PreflightFailed: {
    meaning: 'At least one precondition of a consistent backup does not hold; all findings are listed.',
    retry: false,
    operatorAction: 'Repair what each finding says, then run `safepoint doctor CLUSTER` until it is clean.',
  },
  BackupIdRefused: {
    meaning:
      'The given backup id is not greater than every earlier one; Camunda never takes an id twice, nor a lower one.',
    retry: false,
    operatorAction: 'Leave the id out, or give one greater than the id that the message names.',
  },
  EndpointUnreachable: {
    meaning:
      'A Camunda or search-engine endpoint or a database server did not answer, or answered 502, 503 or 504.',
    retry: true,
    operatorAction:
      'Nothing at first: it is tried again. If it lasts, check the process that the message names.',
  },
  UnexpectedAnswer: {
    meaning:
      'An endpoint answered something that is not of its documented shape, such as the HTML page of a proxy.',
    retry: true,
    operatorAction:
      'Check that the URL in the config is the management address of the component and not a proxy.',
  },
  AccessDenied: {
    meaning: 'An endpoint refused our credentials (401 or 403).',
    retry: false,
    operatorAction: 'Check the credentials in the config and the permissions of that user.',
  },
  PauseNotProven: {
    meaning: 'Exporting could not be proven paused on every partition.',
    retry: true,
    operatorAction:
      'Check the brokers that the message names; the pause is taken back when the run gives up.',
  },
  ForeignPause: {
    meaning: 'Exporting is paused, and not by a run of Safepoint. The pause was left as it is.',
    retry: false,
    operatorAction:
      'Find out who paused exporting and whether their backup still runs; then `safepoint resume CLUSTER --force`.',
  },
  ResumeNotProven: {
    meaning:
      'Not every partition reports EXPORTING again. The window stays open and goes on trying; no other run may start.',
    retry: true,
    operatorAction:
      'Repair the broker that the message names; the window then closes by itself. Do not restart brokers to resume.',
  },
  ResumeFailed: {
    meaning:
      'Exporting could not be resumed for longer than `budgets.resume`. The window stays open and goes on trying; no other run may start.',
    retry: true,
    operatorAction:
      'Repair the broker that the message names, then `safepoint resume CLUSTER`; the window closes by itself. Do not restart brokers to resume.',
  },
  WindowClosed: {
    meaning:
      'The window of this set was closed before, and a set is never continued; it was reset or started by hand.',
    retry: false,
    operatorAction: 'Start a new run, which takes a new id.',
  },
  BackupInProgress: {
    meaning: 'Not an error: the part is still at work; the message is the progress.',
    retry: true,
    operatorAction: 'None.',
  },
  PartRefused: {
    meaning: 'A component refused to start its part of the backup.',
    retry: false,
    startsOver: true,
    operatorAction: 'Do what the quoted answer says; the next attempt takes a new id.',
  },
  PartFailed: {
    meaning: 'A component reported its part of the backup as failed.',
    retry: false,
    startsOver: true,
    operatorAction: 'Look into the log of the component for the quoted reason; a new run takes a new id.',
  },
  ApplicationStarted: {
    meaning:
      'An application that must be stopped during a cold backup was started in the middle of it, so the snapshot may hold half of what it wrote.',
    retry: false,
    operatorAction:
      'Keep Operate, Tasklist and Optimize stopped until the window has ended; then start the cold backup again.',
  },
  PartStalled: {
    meaning: 'A part made no progress for the configured time, or was never seen after its trigger.',
    retry: false,
    startsOver: true,
    operatorAction:
      'Look into the log of the component; a new run takes a new id, the lost part stays as it is.',
  },
  ExporterNotQuiet: {
    meaning: 'After a hard pause the exporter went on moving for longer than its configured flush delay.',
    retry: false,
    operatorAction: 'Set `exporter.flushDelay` of the cluster to the bulk delay of the exporter, or more.',
  },
  SnapshotFailed: {
    meaning: 'The search engine did not take the snapshot of the exported records.',
    retry: false,
    startsOver: true,
    operatorAction:
      'Check the repository with `safepoint doctor CLUSTER` and the search engine for the quoted reason.',
  },
  DumpFailed: {
    meaning: 'The database dump ended with an error, was cut off, or has no trailer; nothing of it counts.',
    retry: true,
    operatorAction:
      'Read the quoted output of pg_dumpall; check user, password, privileges and the version of the client.',
  },
  DatabaseNotEmpty: {
    meaning: 'A database that the dump would restore holds something already; nothing was changed.',
    retry: false,
    operatorAction:
      'Look at what the message names. Drop it yourself if it can go, or give another server under `restore.databases`.',
  },
  DatabaseRestoreFailed: {
    meaning:
      'PostgreSQL or psql refused a statement of a dump, or one that its restore needs; the restore stopped there.',
    retry: false,
    operatorAction:
      'Read the quoted line and reason, repair the server, and start the restore again: it drops what this one left.',
  },
  StoreFailed: {
    meaning: 'The store did not take, give or list an object.',
    retry: true,
    operatorAction: 'Check bucket, credentials, endpoint and free space of the store that the message names.',
  },
  ObjectExists: {
    meaning: 'An object that may be written only once is already there.',
    retry: false,
    operatorAction: 'Another run wrote this set; start again, which takes a new id.',
  },
  ObjectLocked: {
    meaning:
      'An object is retained or held by its store and can be neither deleted nor overwritten before the date in the message.',
    retry: false,
    operatorAction: 'Wait for that date, or ask whoever put a hold on it. The lock is there on purpose.',
  },
  NoGoodCopy: {
    meaning: 'An object of a set is good in no store, so there is nothing that a repair could copy.',
    retry: false,
    operatorAction:
      'Read what is wrong in each store. Where one did not answer, repair again when it does; otherwise use another set.',
  },
  WindowLost: {
    meaning:
      'The window ended without a result: terminated, timed out or over its budget. Exporting was resumed by `backup`.',
    retry: false,
    operatorAction:
      'Look at the history of the window that the message names; start again, which takes a new id.',
  },
  SetFailed: {
    meaning:
      'The parts were taken, but verification found that they are no usable backup; no manifest was written.',
    retry: false,
    startsOver: true,
    operatorAction: 'Read the reasons in the message; start again, which takes a new id.',
  },
  RotationRefused: {
    meaning: 'What the retention of the cluster would delete may not be deleted; nothing was.',
    retry: false,
    operatorAction: 'Look at `safepoint prune CLUSTER`; correct the policy or the clock, or give `--force`.',
  },
  DeletionRefused: {
    meaning: 'A set must stay: it is held, somebody works with it, or the policy keeps it by now.',
    retry: false,
    operatorAction: 'Nothing, if it is meant to stay; `safepoint prune CLUSTER` says all that keeps it.',
  },
  VerifyFailed: {
    meaning: 'A set that was complete is so no longer: something of it is gone or damaged.',
    retry: false,
    operatorAction:
      'Read the findings. `safepoint repair ID` copies dumps and manifests from another store; what Camunda lost needs a new backup.',
  },
  RepositoryBusy: {
    meaning:
      'The snapshot repository cannot be copied: a snapshot runs or a backup holds the window, for as long as the budget lasted.',
    retry: true,
    operatorAction:
      'Nothing at first: the copy waits. If it lasts, see which snapshot the message names; then `safepoint replicate CLUSTER`.',
  },
  SourceChanged: {
    meaning: 'What is copied changed meanwhile; the copy starts over and takes what is new.',
    retry: true,
    operatorAction:
      'Nothing at first. If it lasts, find out who writes to the source that the message names; copy at a quieter time.',
  },
  ReplicaFailed: {
    meaning:
      'A copy did not become whole: an object is not what was read from the source, or its time was over.',
    retry: true,
    operatorAction:
      'Nothing at first: it goes on where it was. If it lasts, check what the message names; nobody else may write to the target.',
  },
  ReplicaRefused: {
    meaning:
      'Nothing can be copied: the source does not hold what the set needs, or the target holds a repository that another cluster writes to.',
    retry: false,
    operatorAction:
      'Check that the stores of `replicate` point at the base path of Zeebe, or of the repository, and that the set still exists.',
  },
  ...restoreErrors,
  SnapshotUnusable: {
    meaning:
      'A snapshot that is to be restored is gone from the repository, is not whole, lacks an index, or is not for this version of the search engine; nothing of it was restored.',
    retry: false,
    operatorAction:
      'Check that the repository of the target is the one that the set was written to; otherwise use another set.',
  },
  IndexInTheWay: {
    meaning:
      'An index that is to be restored exists already, and it is not shown to come from this snapshot; it was left as it is.',
    retry: false,
    operatorAction:
      'Find out who made it: Camunda must be stopped. Then start the restore again, which lists it among what it deletes.',
  },
  RestoreIncomplete: {
    meaning:
      'Indices were restored, and are not what the snapshot holds: a shard failed, made no progress, or differs in files or bytes.',
    retry: false,
    operatorAction:
      'Read the reason of the shard. Start the restore again, which deletes what is half there; with a damaged snapshot use another set.',
  },
  BackupCancelled: {
    meaning: 'The run was cancelled. Exporting was resumed; the set is not a backup.',
    retry: false,
    operatorAction: 'Start again when wanted.',
  },
  InternalError: {
    meaning: 'A fault in Safepoint itself.',
    retry: false,
    operatorAction: 'Report it with the message and the history of the run; exporting was resumed.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Whether a new set under a new id may succeed where one has failed with this code. */
export function startsOver(code: ErrorCode): boolean {
  const entry: CatalogueEntry = errorCatalogue[code];
  return entry.startsOver === true;
}

/**
 * An error of the catalogue. The message names the thing, the value, what is allowed and the next step; never a secret.
 * Activities throw it as it is; the worker turns it into an ApplicationFailure of the same type.
 */
export class SafepointError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = code;
    this.code = code;
  }
}
