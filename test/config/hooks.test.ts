import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import type { HooksConfig } from '../../src/config/hooks.ts';
import { loadConfig } from '../../src/config/load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'safepoint-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function load(hooks: unknown): HooksConfig | undefined {
  const file = path.join(folder, 'safepoint.yaml');
  const url = 'http://localhost:9600';
  const cluster = {
    zeebe: { url },
    webapps: { url },
    searchEngine: { url },
    store: 'main',
    restore: { hooks },
  };
  writeFileSync(
    file,
    stringify({ stores: { main: { type: 'folder', path: '/backups' } }, clusters: { prod: cluster } }),
  );
  return loadConfig(file).clusters.prod?.restore?.hooks;
}

const COMMAND = { command: ['./hook', '--now'] };
const COMMANDS = { stop: COMMAND, zeebeRestore: COMMAND, start: COMMAND };
const KUBERNETES = {
  namespace: 'camunda',
  workloads: [
    { kind: 'StatefulSet', name: 'camunda-zeebe' },
    { kind: 'Deployment', name: 'camunda-operate' },
  ],
  brokers: 'camunda-zeebe',
};

describe('config/hooks', () => {
  it('takes three commands, each with its time limit and secrets', () => {
    const hooks = load({
      ...COMMANDS,
      stop: { ...COMMAND, timeout: '90 s', env: { TOKEN: { env: 'PATH' } } },
    });

    expect(hooks).toEqual({
      stop: { command: ['./hook', '--now'], env: { TOKEN: { env: 'PATH' } }, timeout: 90_000 },
      zeebeRestore: { command: ['./hook', '--now'], env: {}, timeout: 3_600_000 },
      start: { command: ['./hook', '--now'], env: {}, timeout: 600_000 },
    });
  });

  it('takes Kubernetes instead, and changes nothing there unless told', () => {
    expect(load({ kubernetes: KUBERNETES })).toEqual({
      kubernetes: { ...KUBERNETES, apply: false, timeout: 3_600_000 },
    });
  });

  it('may be left out', () => {
    expect(load(undefined)).toBeUndefined();
  });

  it.each([
    [
      'a start that is missing',
      { ...COMMANDS, start: undefined },
      /hooks .*either all of.*seen stop, zeebeRestore/,
    ],
    [
      'nothing',
      {},
      /hooks .*expected either all of stop, zeebeRestore, start, or kubernetes alone; seen nothing/,
    ],
    ['both ways at once', { ...COMMANDS, kubernetes: KUBERNETES }, /or kubernetes alone; seen stop/],
    ['a command without a program', { ...COMMANDS, stop: { command: [] } }, /hooks\.stop\.command/],
    [
      'a command that wants a shell',
      { ...COMMANDS, stop: { command: 'stop && wait' } },
      /hooks\.stop\.command/,
    ],
    [
      'a secret in plain',
      { ...COMMANDS, stop: { ...COMMAND, env: { TOKEN: 'tr0ub4dor' } } },
      /hooks\.stop\.env\.TOKEN(?!.*tr0ub4dor)/s,
    ],
    [
      'a secret that is not set',
      { ...COMMANDS, stop: { ...COMMAND, env: { TOKEN: { env: 'NO_SUCH_VARIABLE' } } } },
      /hooks\.stop\.env\.TOKEN/,
    ],
    [
      'no variable',
      { ...COMMANDS, stop: { ...COMMAND, env: { 'A=B': { env: 'PATH' } } } },
      /hooks\.stop\.env/,
    ],
    [
      'brokers that are not stopped',
      { kubernetes: { ...KUBERNETES, brokers: 'camunda-operate' } },
      /kubernetes\.brokers .*expected the name of a StatefulSet under workloads; seen "camunda-operate"/,
    ],
    [
      'a name that leads elsewhere',
      { kubernetes: { ...KUBERNETES, namespace: 'camunda/../kube-system' } },
      /kubernetes\.namespace/,
    ],
  ])('refuses %s', (_, hooks, message) => {
    expect(() => load(hooks)).toThrow(message);
  });
});
