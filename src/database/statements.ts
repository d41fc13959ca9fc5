/** A quoted name, as `--quote-all-identifiers` writes all of them, or a plain one. */
const name = '("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)';

/** The statements of pg_dumpall, each one line, that a restore looks at. The first group is the name. */
export const patterns = {
  createRole: new RegExp(`^CREATE ROLE ${name};$`),
  roleOptions: new RegExp(`^ALTER ROLE ${name} WITH (.*);$`),
  roleSetting: new RegExp(`^ALTER ROLE ${name} SET `),
  createTablespace: new RegExp(`^CREATE TABLESPACE ${name} `),
  createDatabase: new RegExp(`^CREATE DATABASE ${name} .*;$`),
};

/** The name that the first group of a pattern has found, without quotes. */
export function nameIn(found: RegExpExecArray): string {
  const [, text = ''] = found;
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** For servers with `standard_conforming_strings`, the default of all that are supported. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
