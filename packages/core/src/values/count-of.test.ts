import { expect, test } from 'vitest';
import { countOf } from './count-of.js';

test.each([
  [0, 'person', '0 people'],
  [1, 'person', '1 person'],
  [2, 'person', '2 people'],
  [1, 'image', '1 image'],
  [1234.4, 'image', '1,234 images'],
  [0.6, 'photo', '1 photo'],
])('%d %s is "%s"', (number, unit, text) => {
  expect(countOf(number, unit)).toBe(text);
});
