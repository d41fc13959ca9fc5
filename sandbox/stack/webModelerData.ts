/**
 * SQL that makes a small Web Modeler: projects, files, and `rows` versions of them, each a BPMN document of about 2 kB that
 * compresses like one (gzip -1: four times). The tables stand in for the vendor's, which are not public; a dump takes them as any others.
 */
export function webModelerSql(rows: number): string {
  if (!Number.isSafeInteger(rows) || rows < 1)
    throw new Error(`rows must be a positive whole number, not ${rows}`);
  const projects = Math.ceil(rows / 200);
  const files = Math.ceil(rows / 10);
  return `
begin;
create table users (id uuid primary key, email text not null unique, name text not null);
create table projects (id uuid primary key, name text not null, owner uuid not null references users, created timestamptz not null);
create table files (id uuid primary key, project uuid not null references projects, name text not null, type text not null);
create table file_versions (id bigserial primary key, file uuid not null references files, revision int not null, author uuid not null
  references users, content text not null, created timestamptz not null);
insert into users select md5('user' || i)::uuid, 'user' || i || '@example.org', 'Ünï Cödé ' || i from generate_series(0, 19) i;
insert into projects select md5('project' || i)::uuid, 'Project ' || i, md5('user' || i % 20)::uuid, '2026-01-01'::timestamptz + i * interval '1 hour'
  from generate_series(0, ${projects - 1}) i;
insert into files select md5('file' || i)::uuid, md5('project' || i % ${projects})::uuid, 'Order process ' || i, 'BPMN' from generate_series(0, ${files - 1}) i;
insert into file_versions (file, revision, author, content, created)
  select md5('file' || i % ${files})::uuid, i / ${files} + 1, md5('user' || i % 20)::uuid,
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">\n'
    || (select string_agg('  <bpmn:serviceTask id="Activity_' || md5(i || '-' || part) || '" name="Step ' || part || '"><bpmn:incoming>Flow_'
      || left(md5(part || '/' || i), 7) || '</bpmn:incoming><bpmn:outgoing>Flow_' || right(md5(part || '/' || i), 7)
      || '</bpmn:outgoing></bpmn:serviceTask>', E'\\n') from generate_series(1, 10) part)
    || '\n</bpmn:definitions>', '2026-01-01'::timestamptz + i * interval '1 minute'
  from generate_series(0, ${rows - 1}) i;
commit;
analyze;
`;
}
