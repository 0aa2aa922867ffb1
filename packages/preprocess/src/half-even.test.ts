import { expect, test } from 'vitest';
import { halfEven } from './half-even.js';

test.each([
  [-2.51, -3],
  [-2.5, -2],
  [-2.49, -2],
  [-1.5, -2],
  [-0.5, 0],
  [0, 0],
  [0.49, 0],
  [0.5, 0],
  [0.51, 1],
  [1.4, 1],
  [1.5, 2],
  [1.6, 2],
  [2.5, 2],
  [3.5, 4],
  [7, 7],
])('%d becomes %d', (value, rounded) => {
  expect(halfEven(value) + 0).toBe(rounded); // + 0: -0 and 0 are the same here
});
