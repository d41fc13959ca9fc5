import { describe, expect, it } from '@jest/globals';
import { compareSurroundings } from '../../../src/activities/restore/prove.ts';

const none = { templates: [], aliases: [] };
const some = { templates: ['operate-list-view_template'], aliases: ['operate-list-view_alias'] };

describe('activities/restore: what a restore says of templates and aliases', () => {
  it.each([
    ['as before', some, some, ['1 templates are there', '1 aliases are there'], []],
    ['gone', some, none, [], ['templates that were there before are gone', 'aliases that were there before']],
    ['none at all', none, none, [], ['there are no templates', 'there are no aliases']],
    [
      'none before, such as after the loss of all data',
      none,
      some,
      [],
      ['1 templates are there, with none before', '1 aliases are there, with none before'],
    ],
  ])('%s', (_, before, after, proven, notProven) => {
    const seen = compareSurroundings({ before, after });

    expect(seen.proven).toEqual(proven.map((text) => expect.stringContaining(text)));
    expect(seen.notProven).toEqual(notProven.map((text) => expect.stringContaining(text)));
  });
});
