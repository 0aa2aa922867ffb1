/** What is said where too few people are left: how many, why, and what helps. */
import { expect, test } from 'vitest';
import { tooFewPeople } from './too-few-people.js';

const OTHERWISE = 'Otherwise provide photos of at least two people.';
test.each([
  [{}, '1.', 'Provide photos of at least two people.'],
  [
    { unreadable: 1, 'not-an-image': 2 },
    '1. Excluded photos: 2 × not-an-image, 1 × unreadable.',
    `Check the excluded photos. ${OTHERWISE}`,
  ],
  [
    { 'several-faces': 9, 'too-few-photos': 3 },
    '1. Excluded photos: 9 × several-faces, 3 × too-few-photos.',
    `Check the excluded photos. To keep photos with several faces, prepare with --faces largest. To ask for fewer photos of each person, prepare with --min-photos <number>. ${OTHERWISE}`,
  ],
])('photos left out: %j', (reasons, left, todo) => {
  expect(tooFewPeople({ identities: 1, reasons, where: 'here' })).toMatchObject({
    what: `Fewer than two people are left after preparation: ${left}`,
    where: 'here',
    todo,
  });
});

test('a part that failed on most photos is the error to tell, and not the photos', () => {
  const failures = new Map([['detection-failed', 'no such model']]);
  const of = (photos: number) =>
    tooFewPeople({ identities: 0, reasons: { 'detection-failed': photos, unreadable: 5 }, failures });
  expect(of(9).what).toContain('The first: no such model');
  expect(of(9).todo).toContain('choose another plugin');
  expect(of(1).message).not.toContain('no such model');
});
