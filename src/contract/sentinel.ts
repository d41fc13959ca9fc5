import type { ExporterReading } from './exporting.ts';

/** What the sentinel found at one cluster. */
export type ClusterWatch = {
  cluster: string;
  /**
   * `exporting`: all is well. `window`: a backup is at work. `lifted`: a pause that a dead set of ours had left was lifted.
   * `foreign`: paused by somebody else, or nobody knows. `resume-failing`: a window that cannot resume.
   * `unreachable`: the cluster did not answer, so nothing can be said.
   */
  state: 'exporting' | 'window' | 'lifted' | 'foreign' | 'resume-failing' | 'unreachable';
  /** One sentence for people. */
  seen: string;
};

/** What `safepoint resume` did. */
export type HandResume = {
  cluster: string;
  outcome: 'exporting' | 'resumed'; // `exporting`: there was nothing to resume
  /** Who had paused, one sentence. */
  seen: string;
  readings: ExporterReading[]; // afterwards, every partition
};
