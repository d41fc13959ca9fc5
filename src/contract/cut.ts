/**
 * Proof that the parts of a set fit together, one partition at a time.
 *  no loss:    the exporter position inside the Zeebe backup is not beyond what the index snapshots hold (camunda#16919)
 *  no orphans: nothing in the index snapshots lies beyond the checkpoint of the Zeebe backup (camunda#9107)
 * `null`: the number could not be had. Positions are Zeebe log positions.
 */
export type PartitionCut = {
  partitionId: number;
  checkpointPosition: number | null;
  /** Where a restored exporter starts: fourth number of the raft snapshot in the backup; -1 without a snapshot. */
  restoredExporterPosition: number | null;
  /** Exported for certain before the first index part began. */
  heldAtLeast: number | null;
  /** Nothing beyond this can be in an index part, and where the number comes from. */
  heldAtMost: number | null;
  heldAtMostSource: 'zeebe-records' | 'frozen-exporter' | 'newest-record' | null;
  noLoss: boolean | null;
  noOrphans: boolean | null;
  /** Exporting stood still from the first reading to the last one, under one leader. */
  fenceHeld: boolean | null;
};

export type CutProof = {
  outcome: 'proven' | 'broken' | 'not-proven';
  partitions: PartitionCut[];
  /** One sentence for each thing that is broken or could not be proven. */
  reasons: string[];
};
