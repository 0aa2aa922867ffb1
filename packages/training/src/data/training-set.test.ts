import { createRandom, FacewrightError, sampleAt, sampleColumns, type Sample } from '@facewright/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawTrainingSet, type LabelledSamples } from './training-set.js';

/** `photos[i]` photos of person i, each with augmented copies. */
function datasetOf(
  photos: readonly number[],
  kinds: readonly string[] = ['original', 'opening', 'noise'],
  identities?: readonly string[],
) {
  const people = identities ?? photos.map((_, label) => `p${label}`);
  const samples = photos.flatMap((count, label) =>
    Array.from({ length: count }, (_, photo) =>
      kinds.map((kind): Sample => ({
        identity: `p${label}`,
        source: `p${label}/${photo}`,
        kind,
      })),
    ).flat(),
  );
  return { ...sampleColumns(samples, people), directory: 'somewhere' };
}
const draw = (
  dataset: ReturnType<typeof datasetOf>,
  fraction: number,
  minimum: number,
  seed = 1,
  exclude: string[] = [],
) => {
  const { identities, training, validation } = drawTrainingSet(
    dataset,
    exclude,
    { fraction, minimum },
    createRandom(seed),
  );
  const listed = ({ samples, labels }: LabelledSamples) =>
    Array.from(samples, (sample, index) => ({ sample, label: labels[index] }));
  return { identities, training: listed(training), validation: listed(validation) };
};

test('no photo is on both sides, everything else is trained on, and everyone keeps a photo', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 8 }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      fc.nat(20),
      fc.nat(),
      (photos, fraction, minimum, seed) => {
        const dataset = datasetOf(photos);
        const { training, validation } = draw(dataset, fraction, minimum, seed);
        const source = ({ sample }: { sample: number }): string => sampleAt(dataset, sample).source;
        const validated = new Set(validation.map(source));
        expect(training.some((sample) => validated.has(source(sample)))).toBe(false);
        expect(training.length).toBe(3 * (photos.reduce((a, b) => a + b) - validated.size));
        expect(validation.every(({ sample }) => sampleAt(dataset, sample).kind === 'original')).toBe(true);
        expect(new Set(training.map(({ label }) => label)).size).toBe(photos.length);
        for (const { sample, label } of [...training, ...validation])
          expect(`p${label}`).toBe(sampleAt(dataset, sample).identity);
      },
    ),
  );
});

test('the fraction is of photos, not of images; the minimum takes at most a fifth', () => {
  const dataset = datasetOf(Array.from({ length: 20 }, () => 50));
  expect(draw(dataset, 0.005, 0).validation).toHaveLength(5);
  expect(draw(dataset, 0.005, 16).validation).toHaveLength(16);
  expect(draw(dataset, 0, 0).validation).toHaveLength(0);
  expect(draw(datasetOf([10, 10, 10]), 0.005, 16).validation).toHaveLength(6);
});

describe('mistakes of the original project', () => {
  test('validation photos do not all come from the start of large folders: people with 31 photos contribute too, with any photo, and no augmented copy of it is trained on', () => {
    // int(0.005 × 124 files) is 0: the original project took none from such a folder
    const dataset = datasetOf(
      Array.from({ length: 100 }, () => 31),
      ['original', 'opening', 'noise', 'salt'],
    );
    const { training, validation } = draw(dataset, 0.005, 0);
    const sources = validation.map(({ sample }) => sampleAt(dataset, sample).source);
    expect(sources).toHaveLength(16);
    expect(new Set(validation.map(({ label }) => label)).size).toBeGreaterThan(8);
    expect(sources.filter((source) => source.endsWith('/0')).length).toBeLessThan(8);
    expect(training.filter(({ sample }) => sources.includes(sampleAt(dataset, sample).source))).toEqual([]);
  });

  test('a person without usable photos is not a class', () => {
    expect(draw(datasetOf([3, 3], ['original'], ['p0', 'nobody', 'p1']), 0, 0).identities).toEqual(['p0', 'p1']);
  });
});

test('the selection follows the seed', () => {
  const dataset = datasetOf([20, 20, 20]);
  const drawn = (seed: number) => draw(dataset, 0.2, 0, seed).validation.map(({ sample }) => sample);
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test('labels stay contiguous without people who are held out or have no images', () => {
  const dataset = datasetOf([3, 3, 3, 3], ['original'], ['p0', 'p1', 'nobody', 'p2', 'p3']);
  const { identities, training, validation } = draw(dataset, 0, 0, 1, ['p1']);
  expect(identities).toEqual(['p0', 'p2', 'p3']);
  expect([...new Set([...training, ...validation].map(({ label }) => label))]).toEqual([0, 1, 2]);
});

test('fewer than two people are an error', () => {
  expect(() => draw(datasetOf([5]), 0, 0)).toThrow(FacewrightError);
  expect(() => draw(datasetOf([5, 5]), 0, 0, 1, ['p0'])).toThrow('only one is left after holding out 1');
  expect(() => draw(datasetOf([]), 0, 0)).toThrow('none are left');
});

test('a photo listed again later, or under two people, stays one photo', () => {
  // the copies of p0/0 are not adjacent; p0/1 and p1/1 are one file
  const samples = [
    ...['p0/0', 'p0/2', 'p0/3', 'p0/4'].map((source) => ({ identity: 'p0', source, kind: 'original' })),
    { identity: 'p0', source: 'both', kind: 'original' },
    ...['p1/0', 'p1/2', 'p1/3', 'both'].map((source) => ({ identity: 'p1', source, kind: 'original' })),
    ...['p0/0', 'p0/2', 'both'].map((source) => ({ identity: 'p0', source, kind: 'noise' })),
  ];
  const dataset = { ...sampleColumns(samples), directory: 'somewhere' };
  for (let seed = 0; seed < 30; seed++) {
    const { training, validation } = draw(dataset, 0.4, 0, seed);
    const set = new Set(validation.map(({ sample }) => samples[sample].source));
    expect(set.size).toBe(3);
    expect(validation).toHaveLength(set.has('both') ? 4 : 3);
    expect(training.filter(({ sample }) => set.has(samples[sample].source))).toEqual([]);
  }
});

test('everyone with two photos or more can give one up, and the last is never taken', () => {
  const counts = (photos: number[], fraction: number): number[] => {
    const { validation } = draw(datasetOf(photos), fraction, 0);
    return photos.map((_, label) => validation.filter((sample) => sample.label === label).length);
  };
  expect(counts([2, 2, 2], 0.5)).toEqual([1, 1, 1]);
  expect(counts([1, 3, 1], 0.9)).toEqual([0, 2, 0]);
  expect(counts([1, 1], 0.5)).toEqual([0, 0]);
});

test('a photo of two people is left to the one who has no other', () => {
  const samples = ['p0/0', 'p0/1', 'p0/2', 'both'].map((source) => ({ identity: 'p0', source, kind: 'original' }));
  const dataset = {
    ...sampleColumns([...samples, { identity: 'p1', source: 'both', kind: 'original' }]),
    directory: 'somewhere',
  };
  for (let seed = 0; seed < 10; seed++) {
    const { validation } = draw(dataset, 0.5, 0, seed);
    expect(validation).toHaveLength(2);
    expect(validation.filter(({ sample }) => sample >= 3)).toEqual([]);
  }
});

test('photos without an original count, but are not validated', () => {
  const samples = ['p0', 'p1'].flatMap((identity) =>
    Array.from({ length: 8 }, (_, photo) => ({
      identity,
      source: `${identity}/${photo}`,
      kind: photo < 4 ? 'original' : 'noise',
    })),
  );
  for (let seed = 0; seed < 10; seed++) {
    const { validation, training } = draw({ ...sampleColumns(samples), directory: 'somewhere' }, 0.25, 0, seed);
    expect(validation).toHaveLength(4);
    expect(validation.filter(({ sample }) => samples[sample].kind !== 'original')).toEqual([]);
    expect(training).toHaveLength(12);
  }
});

test('the fraction is of those who are trained on, and nobody else is validated', () => {
  const { validation, training } = draw(datasetOf([10, 10, 100], ['original']), 0.1, 0, 1, ['p2']);
  expect(validation).toHaveLength(2);
  expect(training).toHaveLength(18);
  expect(new Set([...validation, ...training].map(({ label }) => label))).toEqual(new Set([0, 1]));
});

test('the error says how many are left, and whether some were held out', () => {
  const errorOf = (photos: number[], exclude: string[]): unknown => {
    try {
      draw(datasetOf(photos), 0, 0, 1, exclude);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  expect(errorOf([5], [])).toMatchObject({
    what: 'Training needs at least two people with images; only one is left.',
    where: 'somewhere',
  });
  expect(errorOf([5, 5], ['p0', 'p1'])).toMatchObject({
    what: 'Training needs at least two people with images; none are left after holding out 2.',
  });
});
