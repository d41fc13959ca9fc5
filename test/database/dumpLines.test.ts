import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { createDumpEditor } from '../../src/database/dumpLines.ts';

/** As pg_dumpall 15 writes it, with a statement in every place where it is none. */
const dump = String.raw`--
-- Name: it's "quoted" $$; Type: COMMENT
--
CREATE ROLE "real";
COMMENT ON ROLE "real" IS 'several
CREATE ROLE "in a text";
lines, it''s';
\connect -reuse-previous=on "dbname='odd \'name'"
CREATE FUNCTION "public"."f"() RETURNS "text"
    LANGUAGE "plpgsql"
    AS $_$ begin return $1; -- '
CREATE ROLE "in a body";
end $_$;
CREATE VIEW "public"."v" AS
 SELECT E'a\\\'b
CREATE ROLE "in a text with escapes";
\\' AS "x";
CREATE TABLE "public"."a
CREATE ROLE ""in a name"";
b" (
    "price$$" integer
);
COPY "public"."t" ("t") FROM stdin;
CREATE ROLE "in a row";
it's $$ one \\. row
\.
COPY "public"."empty" ("t") FROM stdin;
\.
CREATE ROLE "last";
SELECT pg_catalog.setval('"public"."t_id_seq"', 3, true);
`;

async function edit(
  source: string,
  chunkBytes: number,
  change: (line: string) => string,
): Promise<{ edited: string; seen: string[] }> {
  const bytes = Buffer.from(source);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
    bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  );
  const seen: string[] = [];
  const editor = createDumpEditor((line) => {
    seen.push(line);
    return change(line);
  });
  return { edited: await text(Readable.from(chunks).pipe(editor)), seen };
}

describe('database/dumpLines: createDumpEditor', () => {
  it.each([[1], [2], [3], [7], [64], [100_000]])(
    'sees statements alone, in chunks of %i bytes',
    async (size) => {
      const { edited, seen } = await edit(dump, size, (line) => line);

      expect(edited).toBe(dump);
      expect(seen.filter((line) => line.startsWith('CREATE ROLE'))).toEqual([
        'CREATE ROLE "real";',
        'CREATE ROLE "last";',
      ]);
      expect(seen).toContain(String.raw`\connect -reuse-previous=on "dbname='odd \'name'"`);
    },
  );

  it.each([[1], [100_000]])('changes a line and keeps their number, in chunks of %i bytes', async (size) => {
    const { edited } = await edit(dump, size, (line) => (line === 'CREATE ROLE "real";' ? '' : line));

    expect(edited).toBe(dump.replace('CREATE ROLE "real";', ''));
  });

  it('passes on rows that are longer than any line of SQL may be, and a dump that ends in one', async () => {
    const rows = `COPY "t" ("t") FROM stdin;\n${'CREATE ROLE "x"; '.repeat(5_000_000)}`;

    const { edited, seen } = await edit(rows, 65_536, () => 'COPY');

    expect(edited.length).toBe(rows.length - 'COPY "t" ("t") FROM stdin;'.length + 'COPY'.length);
    expect(seen).toHaveLength(1);
  });

  it('refuses a line of SQL that no memory would hold', async () => {
    const line = `SELECT '${'x'.repeat(70 * 1024 ** 2)}`;

    const editing = edit(line, 1024 ** 2, (each) => each);

    await expect(editing).rejects.toMatchObject({ code: 'DatabaseRestoreFailed' });
  });
});
