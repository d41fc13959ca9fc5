/** A line that can be typed as it stands, and what it does. Names are those of `safepoint.example.yaml`. */
type Example = readonly [line: string, why: string];

/** Shown by `--help` and in docs/cli.md, by the words of the command. A test reads each line with the real parser. */
export const EXAMPLES: Record<string, readonly Example[]> = {
  safepoint: [
    ['safepoint doctor prod', 'is all ready for a backup?'],
    ['safepoint run prod', 'take one'],
    ['safepoint status', 'is all well?'],
  ],
  run: [
    ['safepoint run prod', 'shows the progress until the end'],
    ['safepoint run prod --procedure history-first', 'Operate and Tasklist stay fresh meanwhile'],
    ['safepoint run prod --mode cold', 'Operate, Tasklist and Optimize are stopped'],
    ['safepoint run prod --json > result.json', 'for scripts: the result alone, progress on stderr'],
  ],
  doctor: [
    ['safepoint doctor prod', 'what is wrong, and what to do about it'],
    ['safepoint doctor prod --mode cold', 'with Operate, Tasklist and Optimize stopped'],
    ['safepoint doctor prod --config staging.yaml --json', 'another config, for scripts'],
  ],
  verify: [
    ['safepoint verify 1795399832', 'one set, to the last byte'],
    ['safepoint verify --latest --cluster prod', 'the newest one of a cluster'],
    ['safepoint verify --sample 5% --json', 'each night: after twenty all were looked at'],
  ],
  prune: [
    ['safepoint prune prod', 'every set with keep or delete, and why; touches nothing'],
    ['safepoint prune prod --apply', 'deletes what was shown'],
    ['safepoint prune prod --apply --force --json', 'after a change of the policy that lets many go'],
  ],
  hold: [
    ['safepoint hold 1795399832 --reason "before the migration"', 'no policy deletes it'],
    ['safepoint hold 1795399832 --cluster prod --reason "audit 2026" --json', 'for scripts'],
  ],
  release: [
    ['safepoint release 1795399832', 'the policy decides again'],
    ['safepoint release 1795399832 --cluster prod --json', 'for scripts'],
  ],
  list: [
    ['safepoint list', 'the sets of every cluster'],
    ['safepoint list prod --newest 5', 'the last five of one'],
    ['safepoint list prod --state failed unfinished --json', 'for scripts'],
  ],
  show: [
    ['safepoint show 1795399832', 'parts, proof and restore commands'],
    ['safepoint show 1795399832 --cluster prod', 'where several clusters have the id'],
    ['safepoint show 1795399832 --restore-commands', 'for a restore by hand'],
    ['safepoint show 1795399832 --json > set.json', 'with the whole manifest'],
  ],
  restore: [
    ['safepoint restore 1795399832', 'shows the plan, and asks'],
    ['safepoint restore --latest --cluster prod --plan', 'only shows what would be done'],
    ['safepoint restore --before 2026-11-25T02:00:00Z --cluster prod', 'as it was before a mistake'],
    ['safepoint restore 1795399832 --approve 3f9c0a1b2c3d --json', 'for scripts: that plan, and no other'],
  ],
  drill: [
    ['safepoint drill --cluster prod', 'the newest complete set, as deep as the config says'],
    ['safepoint drill 1795399832 --level indices --json', 'for scripts: a given set and level'],
  ],
  approve: [
    ['safepoint approve restore-prod-2026-11-25T02-00-00-3fa9 3f9c0a1b2c3d', 'the second pair of eyes'],
    ['safepoint approve restore-prod-2026-11-25T02-00-00-3fa9 3f9c0a1b2c3d --json', 'for scripts'],
  ],
  repair: [
    [
      'safepoint repair 1795399832 --dry-run',
      'what each store of the cluster lacks; exit code 3 if anything',
    ],
    ['safepoint repair 1795399832', 'copies it from a store that has it'],
    ['safepoint repair 1795399832 --cluster prod --json', 'for scripts'],
  ],
  status: [
    ['safepoint status', 'every cluster; exit code 1 if anything is wrong'],
    ['safepoint status prod', 'one cluster'],
    ['safepoint status --json', 'for monitoring'],
  ],
  cancel: [
    ['safepoint cancel prod', 'exporting is resumed, the set is no backup'],
    ['safepoint cancel prod --run backup-prod-2026-11-22T02-00-00-3fa9', 'where several runs are open'],
  ],
  resume: [
    ['safepoint resume prod', 'lifts what a dead run left, else says who paused'],
    ['safepoint resume prod --force', 'whoever paused; a backup that runs is spoilt'],
  ],
  replicate: [
    ['safepoint replicate prod', 'the newest complete set; `replicate` of the cluster says where to'],
    ['safepoint replicate prod 1795399832 --verify', 'a given set, and every byte read back'],
    ['safepoint replicate prod --detach --json', 'for scripts: only starts it'],
  ],
  schedule: [
    ['safepoint schedule apply', 'from the config to Temporal'],
    ['safepoint schedule list', 'what comes next, and how the last run ended'],
  ],
  'schedule apply': [
    ['safepoint schedule apply', 'shows the difference and asks'],
    ['safepoint schedule apply --yes --prune', 'for scripts; also removes what left the config'],
  ],
  'schedule list': [
    ['safepoint schedule list', 'for people'],
    ['safepoint schedule list --json', 'for scripts'],
  ],
  'schedule trigger': [
    ['safepoint schedule trigger prod-nightly', 'a run now'],
    ['safepoint schedule trigger prod-nightly --json', 'for scripts'],
  ],
  'schedule pause': [
    ['safepoint schedule pause prod-nightly --reason "moving house"', '`status` says so until `unpause`'],
    ['safepoint schedule pause prod-nightly --reason "ticket 4711" --json', 'for scripts'],
  ],
  'schedule unpause': [
    ['safepoint schedule unpause prod-nightly', 'runs again from the next time on'],
    ['safepoint schedule unpause prod-nightly --json', 'for scripts'],
  ],
  'schedule delete': [
    ['safepoint schedule delete prod-nightly', 'until the next `apply`'],
    ['safepoint schedule delete prod-nightly --json', 'for scripts'],
  ],
  worker: [
    ['safepoint worker', 'with ./safepoint.yaml'],
    ['safepoint worker --config /etc/safepoint/safepoint.yaml', 'with another config'],
  ],
  completion: [
    ['safepoint completion bash > ~/.local/share/bash-completion/completions/safepoint', 'bash'],
    ['safepoint completion zsh > ~/.zfunc/_safepoint', 'zsh; ~/.zfunc must be in fpath'],
    ['safepoint completion fish > ~/.config/fish/completions/safepoint.fish', 'fish'],
  ],
};

export function renderExamples(examples: readonly Example[]): string {
  if (examples.length === 0) return '';
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, why]) => `  ${line.padEnd(width)}  # ${why}`);
  return ['', 'Examples:', ...lines].join('\n');
}
