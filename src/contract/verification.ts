/** What starts `verify`: `{"cluster":"prod"}` looks at the newest set. */
export type VerifyInput = {
  cluster: string;
  /** One set; not together with `sets`. */
  backupId?: string;
  /** `latest` (default), `all`, or a share such as `5%`: then those whose last check is longest ago. */
  sets?: string;
};

/** `problems`: one sentence each; empty when all of it is as it was sealed. */
export type VerifiedSet = { backupId: string; problems: string[] };

export type VerifyResult = { cluster: string; sets: VerifiedSet[] };
