import { describe, expect, test } from 'vitest';
import { nameHint } from './missing-images.js';

const listed = ['Ann Lee/Ann_Lee_0001.jpg', 'Ann Lee/Ann_Lee_0012.jpg', 'Ben/Ben_0003.jpg'];

describe('names that differ in a usual way', () => {
  test.each([
    ['extension', (path: string) => path.replace('.jpg', '.png'), 'their extension'],
    ['case', (path: string) => path.toLowerCase(), 'upper and lower case'],
    ['padding', (path: string) => path.replace('_00', '_'), 'the zeros in front of their numbers'],
    ['suffix', (path: string) => path.replace('.jpg', '_face.jpg'), 'what follows the number, as in "_0001_face"'],
    ['folder', (path: string) => `lfw-deepfunneled/${path}`, 'a folder on top'],
    ['blanks', (path: string) => path.replace('Ann Lee', 'Ann_Lee'), 'blanks and underscores'],
    [
      'Unicode',
      (path: string) => path.replace('Ann Lee/', 'Zoe\u0308 Lee/'),
      'how letters with accents are written in Unicode, NFC or NFD',
      (path: string) => path.replace('Ann Lee/', 'Zo\u00eb Lee/'),
    ],
    [
      'folder and extension',
      (path: string) => `images/${path.replace('.jpg', '.JPEG')}`,
      'a folder on top, and by their extension',
    ],
  ])('%s', (_, change, by, before = (path: string) => path) => {
    const wanted = listed.map(before);
    const present = listed.map(change);
    const changed = wanted.filter((path, index) => present[index] !== path);
    expect(nameHint(wanted, present)).toMatchObject({ by, count: changed.length });
    const { listed: first, found } = nameHint(wanted, present)!;
    expect(found).toBe(present[wanted.indexOf(first)]);
    // and the other way round
    expect(nameHint(present, wanted)).toMatchObject({ by });
  });
});

test('names that have nothing in common are not explained, and a file name alone is no likeness', () => {
  expect(nameHint(listed, ['Zoe/Zoe_0001.jpg'])).toBeUndefined();
  expect(nameHint(['ann/1.jpg'], ['ben/1.jpg', '1.jpg'])).toBeUndefined();
  expect(nameHint([], listed)).toBeUndefined();
});
