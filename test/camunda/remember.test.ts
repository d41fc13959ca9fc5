import { describe, expect, it } from '@jest/globals';
import { rememberFor } from '../../src/camunda/remember.ts';

describe('camunda/remember: rememberFor', () => {
  it('keeps a value, but not for ever', async () => {
    let loads = 0;
    const load = () => Promise.resolve((loads += 1));
    const forLong = rememberFor(60_000, load);
    const forNoTime = rememberFor(0, load);

    const kept = [await forLong(), await forLong()];
    const anew = [await forNoTime(), await forNoTime()];

    expect(kept).toEqual([1, 1]);
    expect(anew).toEqual([2, 3]);
  });
});
