/** What the training stage says about its dataset. */
import type { PreparationSummary } from '@facewright/core';
import { expect, test } from 'vitest';
import { partNotice } from './train.js';

const summary = { photos: 1 } as PreparationSummary;

test('training on one part of a divided preparation is warned of', () => {
  expect(partNotice(summary)).toBeUndefined();
  expect(partNotice({ ...summary, part: { number: 3, of: 20, basis: {} } })).toMatchObject({
    level: 'warning',
    message: expect.stringContaining('part 3 of 20') as unknown,
    todo: expect.stringContaining('facewright dataset merge') as unknown,
  });
});
