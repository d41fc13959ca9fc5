import { HOOK_NAMES } from '../contract/hooks.ts';
import { show, type Problem } from './problems.ts';

type Fields = Record<string, unknown>;

/** Three commands or Kubernetes, never half of them: a cluster that is stopped must be able to start again. */
export function checkHooks(path: string[], cluster: Fields): Problem[] {
  const restore = fieldsOf(cluster.restore);
  if (restore.hooks === undefined) return [];
  const hooks = fieldsOf(restore.hooks);
  const at = [...path, 'restore', 'hooks'];
  const given = HOOK_NAMES.filter((name) => hooks[name] !== undefined);
  const complete = given.length === (hooks.kubernetes === undefined ? HOOK_NAMES.length : 0);
  const ways = `either all of ${HOOK_NAMES.join(', ')}, or kubernetes alone`;
  const seen = Object.keys(hooks).join(', ') || 'nothing';
  return [
    ...(complete ? [] : [{ path: at, seen, allowed: ways }]),
    ...checkBrokers([...at, 'kubernetes'], fieldsOf(hooks.kubernetes)),
  ];
}

function checkBrokers(path: string[], { brokers, workloads }: Fields): Problem[] {
  if (typeof brokers !== 'string' || !Array.isArray(workloads)) return [];
  const sets = workloads
    .map(fieldsOf)
    .filter(({ kind }) => kind === 'StatefulSet')
    .map(({ name }) => name);
  if (sets.includes(brokers)) return [];
  return [
    { path: [...path, 'brokers'], seen: show(brokers), allowed: 'the name of a StatefulSet under workloads' },
  ];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
