import { expect, test } from 'vitest';
import { plugin } from './known-plugins.js';

test('a plugin that the compiler does not know is named with its options; a name among those does not count', () => {
  expect(plugin('their-loss')).toEqual({ name: 'their-loss' });
  expect(plugin('their-loss', { m: 0.2 })).toEqual({ name: 'their-loss', m: 0.2 });
  expect(plugin('their-loss', { name: 'another' })).toEqual({ name: 'their-loss' });
});
