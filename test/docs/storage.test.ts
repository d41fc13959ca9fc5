import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { StoreConfig } from '../../src/config/schema.ts';
import { pageText } from './pages.ts';

const page = pageText('docs/storage.md');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text = '']) => text);

describe('docs: storage.md', () => {
  it.each(blocks('yaml'))('has config that is taken: %s', (text) => {
    const stores = z.strictObject({ stores: z.record(z.string(), StoreConfig) });

    expect(stores.safeParse(parse(text)).error).toBeUndefined();
  });

  it.each(blocks('json'))('has policies that are JSON: %s', (text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('shows every kind of store', () => {
    const shown = new Set(blocks('yaml').map((text) => /type: (\w+)/.exec(text)?.[1]));

    expect(shown).toEqual(new Set(StoreConfig.options.map((option) => option.shape.type.value)));
  });
});
