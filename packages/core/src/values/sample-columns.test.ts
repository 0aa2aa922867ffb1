/** Samples to columns and back. */
import { expect, test } from 'vitest';
import type { Sample } from './dataset.js';
import { landmarksFrom } from './face.js';
import { originals, requireSample, sampleAt, sampleColumns } from './sample-columns.js';

const landmarks = landmarksFrom([
  [1, 2],
  [3, 4],
  [5, 6],
  [7, 8],
  [9, 10],
]);
const samples: Sample[] = [
  { identity: 'Bob', source: 'Bob/1', kind: 'noise' },
  { identity: 'Bob', source: 'Bob/1', kind: 'original', landmarks },
  { identity: 'Ann', source: 'Ann/1', kind: 'original' },
  { identity: 'Bob', source: 'Bob/2', kind: 'opening' },
];

test('people, photos and kinds are numbered in order of appearance', () => {
  const columns = sampleColumns(samples);
  expect(columns).toMatchObject({
    identities: ['Bob', 'Ann'],
    length: 4,
    labels: Uint32Array.of(0, 0, 1, 0),
    photos: Uint32Array.of(0, 0, 1, 2),
    photoCount: 3,
    kinds: Uint16Array.of(0, 1, 1, 2),
    kindNames: ['noise', 'original', 'opening'],
  });
  expect(samples.map((_, index) => sampleAt(columns, index))).toEqual(samples);
  expect(sampleAt(columns, 0)).not.toHaveProperty('landmarks');
  expect(samples.map((_, index) => originals(columns)(index))).toEqual([false, true, true, false]);
});

test('given names keep their labels, even for people without images, and unknown names are an error', () => {
  const columns = sampleColumns(samples, ['Ann', 'Eve', 'Bob']);
  expect(columns.identities).toEqual(['Ann', 'Eve', 'Bob']);
  expect([...columns.labels]).toEqual([2, 2, 0, 2]);
  expect(samples.map((_, index) => sampleAt(columns, index))).toEqual(samples);
  expect(() => sampleColumns(samples, ['Ann'])).toThrow('"Bob" is not among the people of the dataset');
});

test('without any original, nothing is treated as one', () => {
  const columns = sampleColumns([samples[0], samples[3]]);
  expect([originals(columns)(0), originals(columns)(1)]).toEqual([false, false]);
});

test('an index out of range is a RangeError with the number of images', () => {
  const columns = sampleColumns(samples);
  for (const index of [-1, 4, 1.5, NaN]) {
    expect(() => requireSample(index, 4)).toThrow(RangeError);
    for (const ask of [columns.sourceOf, columns.kindOf, columns.landmarksOf])
      expect(() => ask(index)).toThrow('the dataset has 4 images; there is no image');
  }
  expect([requireSample(0, 4), requireSample(3, 4)]).toEqual([0, 3]);
});

test('more kinds than the column can number are an error', () => {
  const kinds = (count: number): Sample[] =>
    Array.from({ length: count }, (_, index) => ({ identity: 'Ann', source: 'Ann/1', kind: `kind ${index}` }));
  expect(sampleColumns(kinds(65_536)).kinds.at(-1)).toBe(65_535);
  expect(() => sampleColumns(kinds(65_537))).toThrow('there are more than 65536 kinds of images');
});
