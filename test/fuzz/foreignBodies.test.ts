import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PartStatus } from '../../src/contract/parts.ts';
import { replyTo } from './support/foreignReplies.ts';
import { startForeignServer, type ForeignReply, type ForeignServer } from './support/foreignServer.ts';
import { outcomeOf } from './support/outcome.ts';
import { CALLS, type Call, type Generation } from './support/portCalls.ts';
import { BACKUP_ID } from './support/validBodies.ts';

let server: ForeignServer;
beforeAll(async () => {
  server = await startForeignServer();
});
afterAll(() => server.close());

type Case = { each: Call; generation: Generation; replies: Record<string, ForeignReply> };

/** A call, and bad answers to one to three of the requests that it sends. */
async function cases(): Promise<fc.Arbitrary<Case>> {
  const sendings: fc.Arbitrary<Case>[] = [];
  for (const generation of ['new', 'old'] as const) {
    for (const each of CALLS) {
      const { asked } = await outcomeOf(server, each, generation, () => undefined);
      const replies = fc
        .uniqueArray(fc.constantFrom(...asked), { minLength: 1, maxLength: 3 })
        .chain((lines) => fc.record(Object.fromEntries(lines.map((line) => [line, replyTo(line)]))));
      sendings.push(fc.record({ each: fc.constant(each), generation: fc.constant(generation), replies }));
    }
  }
  return fc.oneof(...sendings);
}

function checkMeaning(name: string, value: unknown): void {
  if (name.startsWith('startBackup') && (value as { kind: string }).kind === 'started') {
    expect(server.lastTrigger).toBeLessThan(300);
  }
  if (!name.startsWith('getBackup')) return;
  const { kind, backupId, foreignState, pieces } = value as PartStatus;
  expect(backupId).toBe(BACKUP_ID);
  if (kind !== 'complete') return;
  const words = [foreignState, ...pieces.map((piece) => piece.foreignState)];
  for (const word of words) expect(['COMPLETED', 'COMPLETE', 'SUCCESS']).toContain(word.toUpperCase());
}

describe('fuzz: foreign bodies', () => {
  it.each(CALLS.map((each) => [each.name, each] as const))(
    '%s understands a healthy answer',
    async (_, each) => {
      const outcomes = [
        await outcomeOf(server, each, 'new', () => undefined),
        await outcomeOf(server, each, 'old', () => undefined),
      ];

      expect(outcomes.some(({ error }) => error === undefined) || each.name === 'readHighestRecords').toBe(
        true,
      );
    },
  );

  it('every call gives a value of its type or an error of the catalogue', async () => {
    await fc.assert(
      fc.asyncProperty(await cases(), async ({ each, generation, replies }) => {
        const { value, error } = await outcomeOf(server, each, generation, (line) => replies[line]);

        if (error === undefined) checkMeaning(each.name, value);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});
