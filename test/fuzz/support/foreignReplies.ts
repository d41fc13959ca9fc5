import fc from 'fast-check';
import { deepText, mutated, trickyText, trickyValue } from '../arbitraries.ts';
import type { ForeignReply } from './foreignServer.ts';
import { validBodies } from './validBodies.ts';

/** Any answer to this request: most often a healthy one with changes, else what only a broken or wrong server sends. */
export const replyTo = (line: string): fc.Arbitrary<ForeignReply> =>
  fc.record({
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constant(200) },
      { weight: 2, arbitrary: fc.constantFrom(202, 204, 302, 400, 401, 403, 404, 409, 500, 502, 503, 504) },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
    ),
    type: fc.oneof(
      { weight: 5, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(undefined, 'text/html', 'application/vnd.x+json; charset=latin1', 'json'),
      },
    ),
    date: fc.constantFrom(undefined, 'yesterday', 'Sat, 31 Dec 999999 23:59:59 GMT'),
    body: bodyOf(validBodies.get(line) ?? {}),
  });

const bodyOf = (valid: unknown): fc.Arbitrary<Buffer | string> =>
  fc.oneof(
    { weight: 8, arbitrary: mutated(valid).map((body) => JSON.stringify(body)) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 2, arbitrary: trickyValue.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: withLongNumbers(valid) },
    { weight: 1, arbitrary: fc.nat(200).map((cut) => JSON.stringify(valid).slice(0, cut)) },
    {
      weight: 1,
      arbitrary: trickyText.map((message) => JSON.stringify({ message, error: { reason: message } })),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom('', '<html><body>Sign in</body></html>', 'null', '{"a":1e400}') },
    { weight: 1, arbitrary: deepText },
  );

/** Each number of the body in turn gets more digits than a double holds. */
function withLongNumbers(valid: unknown): fc.Arbitrary<string> {
  const text = JSON.stringify(valid);
  return fc
    .tuple(
      fc.nat(20),
      fc.constantFrom('18446744073709551617', '9007199254740993', '1'.repeat(500), '-1', '1e30'),
    )
    .map(([which, digits]) => {
      let at = 0;
      return text.replaceAll(/(?<=:)\d+/g, (number) => (at++ === which ? digits : number));
    });
}
