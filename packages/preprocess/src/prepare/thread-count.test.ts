import { expect, test } from 'vitest';
import { threadCount } from './thread-count.js';

test.each([
  [4, 48, 0, 4],
  [4, 47, 0, 0],
  [4, 1000, 952, 4],
  [4, 1000, 953, 0],
  [0, 1000, 0, 0],
])('%i threads wanted, %i photos of which %i are done: %i', (wanted, photos, done, started) => {
  expect(threadCount(wanted, photos, done)).toBe(started);
});
