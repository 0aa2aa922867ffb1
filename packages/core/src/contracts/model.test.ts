import { expect, test } from 'vitest';
import { ofColour } from './model.js';

test('one number applies to all colours, three numbers to one colour each', () => {
  expect([0, 1, 2].map((colour) => ofColour(127.5, colour))).toEqual([127.5, 127.5, 127.5]);
  expect([0, 1, 2].map((colour) => ofColour([1, 2, 3], colour))).toEqual([1, 2, 3]);
});
