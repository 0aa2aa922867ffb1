/** What a command asks of its config. */
import { expect, test } from 'vitest';
import { requireData } from './config-of.js';

test('data is named, or the reader says where it reads', () => {
  expect(requireData({ data: 'people' })).toBe('people');
  expect(requireData({ reader: { name: 'their-reader', path: 'list.txt' } })).toBeUndefined();
  for (const reader of [undefined, 'folder', { name: 'folder' }])
    expect(() => requireData({ reader }, 'Add --data <dir>.')).toThrow(
      /No data was given[^]*to do: Add --data <dir>\.$/,
    );
});
