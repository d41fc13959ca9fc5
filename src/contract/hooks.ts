/** What Safepoint has others do in a restore, in this order. */
export const HOOK_NAMES = ['stop', 'zeebeRestore', 'start'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** Which hook is run, and for what. */
export type HookInput = {
  /** The cluster that is restored; its hooks are run. */
  cluster: string;
  hook: HookName;
  backupId: string;
  /** The cluster that the set was taken of; another one in a drill. */
  setCluster: string;
};

/** A hook that ended well; one that did not is `HookFailed`. */
export type HookResult = {
  hook: HookName;
  tookMs: number;
  /** What it said, cleaned of secrets, at most 64 KiB: the middle of more is left out. */
  output: string;
};

/** What a hook would do, found out without doing it. */
export type HookOutlook = {
  hook: HookName;
  /** Whether it could be run now, as far as that can be told. */
  ok: boolean;
  /** For people: what it would do, and why it cannot when it is not ok. */
  lines: string[];
};
