import type { CallOptions } from './callOptions.ts';

/** An index of any kind, hidden ones too; a closed one takes no documents and answers no search. */
export type IndexState = { name: string; open: boolean };

/** What a snapshot holds of one primary shard. `whole`: it was written to its end. */
export type SnapshotShard = {
  index: string;
  shard: number;
  whole: boolean;
  files: number;
  sizeBytes: number;
};

/** `state` is the engine's own word; only `SUCCESS` is whole. A snapshot of no index at all is legal. */
export type SnapshotContents = {
  name: string;
  state: string;
  indices: string[]; // sorted
  shards: SnapshotShard[]; // by index and number
};

/** Exact names of the snapshot. With `renamePrefix` each gets it in front of its name, no alias and no replica. */
export type RestoreRequest = { snapshot: string; indices: string[]; renamePrefix?: string };

/**
 * One primary shard of an index that is there. `origin` is where its data came from: `snapshot` of a repository, `moved` from
 * another node since, or anything else in the engine's word, such as `EMPTY_STORE` of a new index. `files` and bytes are those of
 * that recovery, 0 before it began. `failure`: the engine has given the shard up. `waitsFor`: why it is not placed yet.
 */
export type RestoringShard = {
  index: string;
  shard: number;
  started: boolean;
  origin:
    | { kind: 'snapshot'; repository: string; snapshot: string }
    | { kind: 'moved' }
    | { kind: 'other'; word: string };
  files: number;
  sizeBytes: number;
  recoveredBytes: number;
  failure: string | null;
  waitsFor: string | null;
};

export type DocumentCount = { index: string; documents: number };

/** Process instances that Operate shows; `active`: those of them that have not ended. */
export type InstanceCount = { all: number; active: number };

/** An alias of one index, with a digest of its filter, routing and flags. */
export type IndexAlias = { index: string; alias: string; sha256: string };

export type TemplateKind = 'index template' | 'component template';
/** A template with a digest of what it says, the order of keys aside. */
export type Template = { kind: TemplateKind; name: string; sha256: string };

/** An index that a restore has put under another name; `original` is the name in the snapshot. */
export type RenamedIndex = { name: string; original: string };

/** What a restore needs of Elasticsearch or OpenSearch. The repository is the one in the config. */
export interface RestoreEngine {
  /** Every index whose name begins with one of the prefixes, sorted by name: open, closed and hidden. */
  listIndexStates(prefixes: string[], options?: CallOptions): Promise<IndexState[]>;
  /** Deletes by exact name; one that is gone already is no error. Fails with `InvalidInput` for a pattern, before anything goes. */
  deleteIndices(names: string[], options?: CallOptions): Promise<void>;
  /** `null`: there is no such snapshot. Fails with `SnapshotFailed` when the repository is not registered. */
  readSnapshot(name: string, options?: CallOptions): Promise<SnapshotContents | null>;
  /**
   * Starts to restore and does not wait. Fails with `IndexInTheWay` (an open index has such a name), `SnapshotUnusable` (it is
   * missing, not whole, or has no such index); nothing is restored then.
   */
  startRestore(request: RestoreRequest, options?: CallOptions): Promise<void>;
  /** Primary shards of those indices that are there; an index without any is not there. */
  readRestoringShards(indices: string[], options?: CallOptions): Promise<RestoringShard[]>;
  /** Exact, in the order of the names, after a refresh. Fails with `EndpointUnreachable` when a shard does not answer. */
  countDocuments(indices: string[], options?: CallOptions): Promise<DocumentCount[]>;
  /** In indices of the list view of Operate, all together. Fails with `EndpointUnreachable` when a shard does not answer. */
  countInstances(indices: string[], options?: CallOptions): Promise<InstanceCount>;
  /** Aliases of the indices whose names begin with one of the prefixes, sorted. */
  readAliases(prefixes: string[], options?: CallOptions): Promise<IndexAlias[]>;
  /** Composable templates whose names begin with one of the prefixes, sorted. A restore leaves them alone. */
  readTemplates(prefixes: string[], options?: CallOptions): Promise<Template[]>;
  /** Indices whose names are the prefix and the name that they had in a snapshot; one that was made under its name is not listed. */
  listRenamedIndices(renamePrefix: string, options?: CallOptions): Promise<RenamedIndex[]>;
}
