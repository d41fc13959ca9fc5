/** `soft`: exporters go on, positions are not committed. `hard`: nothing is exported. Never one over the other (camunda#55838). */
export type PauseMode = 'soft' | 'hard';

export const EXPORTER_PHASES = { soft: 'SOFT_PAUSED', hard: 'PAUSED', running: 'EXPORTING' } as const;

/**
 * One partition as its leader reports it. Source: `GET /actuator/partitions` of each broker, entries with role LEADER.
 * `null` positions: the leader did not say.
 */
export type ExporterReading = {
  partitionId: number;
  leader: string; // management URL of the broker that leads
  phase: string; // EXPORTING | PAUSED | SOFT_PAUSED | CLOSED, or a word that we don't know
  exportedPosition: number | null;
  processedPosition: number | null;
};

/** A pause that is proven on every partition. */
export type PauseProof = {
  mode: PauseMode;
  pausedAt: string;
  readings: ExporterReading[];
  /** A request to pause of an earlier attempt may still be on its way. */
  mayLandLate?: boolean;
};

/** A resume that is proven on every partition. */
export type ResumeProof = {
  resumedAt: string;
  readings: ExporterReading[];
};
