/** What the catalogue says of one failure. */
export type CatalogueEntry = {
  meaning: string;
  /** Whether Temporal tries the same step again by itself. */
  retry: boolean;
  operatorAction: string;
  /** The set is lost, but a new one under a new id may succeed: `backup` tries again as often as `attempts` allows. */
  startsOver?: true;
};
