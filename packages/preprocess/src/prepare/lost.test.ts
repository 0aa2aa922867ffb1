import { expect, test } from 'vitest';
import { lostNotices } from './lost.js';

test('losing more than a tenth for one reason is a warning with the option to change and the numbers', () => {
  expect(lostNotices(368, { 'several-faces': 114, 'no-face': 36, 'not-picked': 200 })).toEqual([
    {
      level: 'warning',
      message: '114 of 368 photos (31 %) were left out because they show more than one face.',
      todo: expect.stringContaining('Keep up to 114 more with --faces largest'),
    },
  ]);
  expect(lostNotices(100, { 'too-few-photos': 10 })).toEqual([]);
  expect(lostNotices(100, { 'too-few-photos': 11 })[0].todo).toContain('--min-photos');
  expect(lostNotices(0, {})).toEqual([]);
});
