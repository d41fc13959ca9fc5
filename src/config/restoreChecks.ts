import { show, type Problem } from './problems.ts';

type Fields = Record<string, unknown>;

/** Names of dumps that exist, and servers for drills that are no others': a drill drops what it makes. */
export function checkRestore(path: string[], cluster: Fields, clusters: Fields): Problem[] {
  const all = Object.values(clusters).map(fieldsOf);
  const dumped = new Set(all.flatMap(({ databases }) => Object.keys(fieldsOf(databases))));
  const inUse = new Map(
    all.flatMap(({ databases, restore }) =>
      [...serversIn(databases), ...serversIn(fieldsOf(restore).databases)].map(([name, server]) => [
        addressOf(server),
        name,
      ]),
    ),
  );
  return ['restore', 'drill'].flatMap((section) =>
    serversIn(fieldsOf(cluster[section]).databases).flatMap(([name, settings]) => {
      const at = [...path, section, 'databases', name];
      if (!dumped.has(name)) {
        const known = [...dumped].join(', ') || 'there are none';
        return [{ path: at, allowed: `the name of a dump under databases: ${known}` }];
      }
      const server = fieldsOf(settings.server);
      const user = section === 'drill' && inUse.get(addressOf(server));
      if (!user) return [];
      const allowed = `a server for drills alone; this one is that of ${user}`;
      return [{ path: [...at, 'server', 'host'], seen: show(server.host), allowed }];
    }),
  );
}

function addressOf({ host, port = 5432 }: Fields): string {
  return typeof host === 'string' ? `${host.toLowerCase()}:${String(port)}` : '';
}

function serversIn(servers: unknown): [string, Fields][] {
  return Object.entries(fieldsOf(servers)).map(([name, server]) => [name, fieldsOf(server)]);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
