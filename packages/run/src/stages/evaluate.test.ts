import {
  createRandom,
  FacewrightError,
  sampleColumns,
  type Aligner,
  type Dataset,
  type Detector,
  type Face,
  type PreparationSummary,
  type RgbImage,
} from '@facewright/core';
import { encodeImage } from '@facewright/platform/node';
import type { ImageSource, PairsFile } from '@facewright/datasets';
import { describe, expect, test } from 'vitest';
import { centralFace } from '@facewright/preprocess';
import { alignedImages, type ImageOptions, type SkippedImage } from './verification-images.js';
import { evaluate, evaluateDrawn } from './evaluate.js';
import { pairsOfFile, pairsOfTemplates } from './pair-lists.js';
import { peopleLeftOut, withoutPeople, type PairSet } from './pair-sets.js';

const face = (x: number, y: number, width: number): Face => ({
  box: { x, y, width, height: width },
  confidence: 1,
  landmarks: { leftEye: [0, 0], rightEye: [0, 0], nose: [0, 0], mouthLeft: [0, 0], mouthRight: [0, 0] },
});

test('of several faces, the large central one is used', () => {
  const [centre, corner, tiny] = [face(90, 90, 20), face(0, 0, 60), face(98, 98, 4)];
  expect(centralFace([corner, tiny, centre], { width: 200, height: 200 })).toBe(centre);
  expect(centralFace([], { width: 10, height: 10 })).toBeUndefined();
});

const SIZE = 8;
const flat = (value: number, size = SIZE): RgbImage => ({
  width: size,
  height: size,
  data: new Uint8Array(size * size * 3).fill(value),
});

/**
 * Person k has the grey level 40·k. The embedding is the direction of the grey level: people 40 levels apart are 60°
 * apart.
 */
const embedder = {
  embed: async (images: readonly RgbImage[]) =>
    images.map(({ data }) => {
      const angle = (Math.round(data[0] / 40) * Math.PI) / 3;
      return Float32Array.of(Math.cos(angle), Math.sin(angle));
    }),
  dispose: () => undefined,
};

async function imagesOf(files: Record<string, RgbImage | string>): Promise<ImageSource> {
  const bytes = new Map<string, Uint8Array>();
  for (const [path, image] of Object.entries(files))
    bytes.set(path, typeof image === 'string' ? Buffer.from(image) : await encodeImage(image, 'png'));
  return {
    has: (path) => bytes.has(path),
    names: async () => [...bytes.keys()],
    bytes: async (path) => bytes.get(path)!,
    close: () => undefined,
  };
}

const { signal } = new AbortController();
const REST = { random: createRandom(1), emit: () => undefined, signal };
async function evaluateOn(set: PairSet<string>, options: Omit<ImageOptions, 'size' | 'signal'>) {
  const skipped: SkippedImage[] = [];
  const images = alignedImages({ size: SIZE, signal, ...options }, (image) => skipped.push(image));
  const evaluation = await evaluate(embedder, set, { read: images.readAll, ...REST }).finally(() => images.close());
  return { ...evaluation, skipped };
}
const evaluatePairs = (file: PairsFile, options: Omit<ImageOptions, 'size' | 'signal'>) =>
  evaluateOn(pairsOfFile(file), options);
const pairsOf = (list: [a: string, b: string, same: boolean][]): PairsFile => ({
  folds: 1,
  pairs: list.map(([a, b, same]) => ({ a, b, same, fold: 0 })),
});
const noAlign = () => Promise.reject(new Error('nothing need be detected'));

test('aligned images are used unchanged; pairs of unusable ones are left out and listed', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40), b1: flat(80), b2: flat(80), bad: 'text' });
  const pairs = pairsOf([
    ['a1', 'a2', true],
    ['b1', 'b2', true],
    ['a1', 'b1', false],
    ['a2', 'b2', false],
    ['a1', 'bad', true],
  ]);
  const { verification, skipped, images: used } = await evaluatePairs(pairs, { images, align: noAlign });
  expect(verification).toMatchObject({ pairs: 4, accuracy: 1, skipped: 1, folds: 2 });
  expect([skipped, used]).toEqual([[{ path: 'bad', reason: expect.stringContaining('Not an image') }], 4]);
});

test('other sizes are photos: detected and aligned, or rejected with --aligned; --no-aligned detects in all', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40, 20), b1: flat(80), b2: flat(80, 20) });
  const pairs = pairsOf([
    ['a1', 'a2', true],
    ['b1', 'b2', true],
    ['a1', 'b1', false],
    ['a2', 'b2', false],
  ]);
  const detected: number[] = [];
  const detector: Detector = { detect: async ({ width }) => (detected.push(width), [face(0, 0, width)]) };
  const aligner: Aligner = { fingerprint: 'crop', size: SIZE, align: ({ data }) => flat(data[0]) };
  const align = async () => ({ detector, aligner });

  expect((await evaluatePairs(pairs, { images, align })).verification).toMatchObject({ pairs: 4, accuracy: 1 });
  expect(detected).toEqual([20, 20]);
  await evaluatePairs(pairs, { images, align, aligned: false });
  expect(detected.sort()).toEqual([20, 20, 20, 20, 8, 8]);
  const refused = await evaluatePairs(pairs, { images, align, aligned: true });
  expect([refused.compared.scores.length, refused.skipped]).toEqual([
    1,
    ['a2', 'b2'].map((path) => ({ path, reason: '20×20 pixels instead of 8×8' })),
  ]);
  await expect(evaluatePairs(pairsOf([['a1', 'a2', true]]), { images, align, aligned: true })).rejects.toThrow(
    'None of the 1 pairs can be compared: no pair has both its images.',
  );
});

test('an aligner error ends the evaluation, because the image is not to blame', async () => {
  const images = await imagesOf({ a1: flat(40, 20), a2: flat(40, 20) });
  const align = () => Promise.reject(new FacewrightError({ what: 'aligned in another way' }));
  await expect(evaluatePairs(pairsOf([['a1', 'a2', true]]), { images, align })).rejects.toThrow(
    'aligned in another way',
  );
});

test('the worst pairs: the most similar different ones and the least similar same ones, with wrong ones marked', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40), x: flat(80), y: flat(120), z: flat(80) });
  // four are right from −0.5 to 0.5 and from 0.5 to 1: the threshold is 0, in the wider range
  const { verification, worst, scores } = await evaluatePairs(
    pairsOf([
      ['a1', 'a2', true],
      ['a1', 'x', true],
      ['x', 'z', false],
      ['a1', 'y', false],
      ['a2', 'a1', true],
      ['x', 'y', false],
    ]),
    { images, align: noAlign },
  );
  expect(verification).toMatchObject({ pairs: 6, same: 3, different: 3, threshold: expect.closeTo(0, 5) });
  expect(worst.map(({ a, b, same, score, wrong }) => [a.name, b.name, same, Number(score.toFixed(2)), wrong])).toEqual([
    ['x', 'z', false, 1, true],
    ['x', 'y', false, 0.5, true],
    ['a1', 'y', false, -0.5, false],
    ['a1', 'x', true, 0.5, false],
    ['a1', 'a2', true, 1, false],
    ['a2', 'a1', true, 1, false],
  ]);
  expect(scores.same).toMatchObject({
    pairs: 3,
    mean: expect.closeTo(2.5 / 3, 5),
    min: expect.closeTo(0.5, 5),
    max: expect.closeTo(1, 5),
  });
});

test('pairs of a single kind have scores but no verification', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40) });
  const { verification, scores } = await evaluatePairs(
    pairsOf([
      ['a1', 'a2', true],
      ['a2', 'a1', true],
    ]),
    { images, align: noAlign },
  );
  expect([verification, scores.different, scores.same?.pairs]).toEqual([undefined, null, 2]);
});

test('the images of a template are averaged, leaving out unusable ones', async () => {
  // the mean of 60° and 120° is 90°, which matches a template at 90° but no single image
  const images = await imagesOf({ p: flat(40), q: flat(80), r: flat(40), s: flat(80), t: flat(160), bad: 'text' });
  const templates = [
    { id: 't0', images: ['p', 'q', 'bad'] },
    { id: 't1', images: ['r', 's'] },
    { id: 't2', images: ['t'] },
    { id: 't3', images: ['bad'] },
  ];
  const set = pairsOfTemplates({
    templates,
    a: Uint32Array.of(0, 0, 1, 0),
    b: Uint32Array.of(1, 2, 2, 3),
    same: Uint8Array.of(1, 0, 0, 0),
    fold: Uint8Array.of(0, 0, 1, 1),
    folds: 2,
  });
  const { compared, verification, skipped } = await evaluateOn(set, { images, align: noAlign });
  expect([...compared.scores].map((score) => Number(score.toFixed(4)))).toEqual([1, -0.866, -0.866]);
  expect(verification).toMatchObject({ pairs: 3, skipped: 1 });
  expect(skipped.map(({ path }) => path)).toEqual(['bad']);
});

describe('reading ahead', () => {
  /** 40 people of two images each: three batches. */
  const set = pairsOfFile(
    pairsOf(
      Array.from({ length: 40 }, (_, person): [string, string, boolean][] => [
        [`${person}/a`, `${person}/b`, true],
        [`${person}/a`, `${(person + 1) % 40}/b`, false],
      ]).flat(),
    ),
  );

  test('the next images are read while the last ones are embedded, one call at a time', async () => {
    const log: string[] = [];
    const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
    const read = async (keys: readonly string[]) => {
      log.push('read');
      await pause();
      log.push('read done');
      return keys.map(() => flat(40));
    };
    const slow = {
      embed: async (images: readonly RgbImage[]) => {
        log.push('embed');
        await pause();
        await pause();
        log.push('embed done');
        return embedder.embed(images);
      },
    };
    expect((await evaluate(slow, set, { ...REST, read })).images).toBe(80);
    const during = ['read', 'embed', 'read done', 'embed done'];
    expect(log).toEqual(['read', 'read done', ...during, ...during, 'embed', 'embed done']);
  });

  test('an image that cannot be read ends the evaluation once its turn comes, after which nothing is read', async () => {
    let [calls, running] = [0, 0];
    const read = async (keys: readonly string[]) => {
      running++;
      const call = ++calls;
      await Promise.resolve();
      running--;
      if (call === 2) throw new Error('the disk is gone');
      return keys.map(() => flat(40));
    };
    await expect(evaluate(embedder, set, { ...REST, read })).rejects.toThrow('the disk is gone');
    const broken = { embed: () => Promise.reject(new Error('the device is gone')) };
    calls = 2;
    await expect(evaluate(broken, set, { ...REST, read })).rejects.toThrow('the device is gone');
    expect([calls, running]).toEqual([4, 0]);
  });
});

describe('pairs of a dataset', () => {
  const PEOPLE = 300;
  const samples = Array.from({ length: 2 * PEOPLE }, (_, index) => ({
    identity: `person ${index % PEOPLE}`,
    source: `photo ${index}`,
    kind: 'original',
  }));
  const columns = sampleColumns(samples);
  const summary = { images: samples.length } as PreparationSummary;
  const imageAt = (index: number): RgbImage => flat(40 * (1 + (columns.labels[index] % 3)));
  const dataset: Dataset = {
    ...columns,
    directory: 'none',
    summary,
    async *exclusions() {},
    read: async (index) => imageAt(index),
    close: async () => undefined,
  };
  const drawn = (of: Dataset, people: number, count: number) =>
    evaluateDrawn(
      { ...embedder, inputSize: [SIZE, SIZE] },
      of,
      columns.identities.slice(0, people),
      count,
      createRandom(1),
      REST,
    );

  test('many images are read in threads, few are not, with the same result', async () => {
    let [opened, closed, read] = [0, 0, 0];
    const threaded: Dataset = {
      ...dataset,
      openBatchReader: ({ size }) => {
        expect(size).toEqual([SIZE, SIZE]);
        opened++;
        return {
          read: async (wanted) => {
            read += wanted.length;
            return new Uint8Array(Buffer.concat(Array.from(wanted, (sample) => imageAt(sample).data)));
          },
          close: async () => void closed++,
        };
      },
    };
    const many = await drawn(threaded, PEOPLE, 1200);
    expect([opened, closed, read]).toEqual([1, 1, many!.evaluation.images]);
    expect(read).toBeGreaterThan(512);
    const alone = await drawn(dataset, PEOPLE, 1200);
    expect(many!.evaluation).toEqual(alone!.evaluation);
    expect(many!.identities).toBe(PEOPLE);
    expect((await drawn(threaded, 20, 20))!.evaluation.images).toBeLessThan(41);
    expect(opened).toBe(1);
  });
});

test('a folder is a person if the pairs agree with that', () => {
  const people = (list: [a: string, b: string, same: boolean][]) =>
    pairsOfFile(pairsOf(list)).subjects.map(({ person }) => person);
  expect(
    people([
      ['ann/1', 'ann/2', true],
      ['ann/1', 'ben/1', false],
    ]),
  ).toEqual(['ann', 'ann', 'ben']);
  expect(
    people([
      ['x/1', 'x/2', true],
      ['x/1', 'x/3', false],
    ]),
  ).toEqual([undefined, undefined, undefined]);
  expect(people([['1', '2', true]])).toEqual([undefined, undefined]);
});

test('pairs of given people are left out; the others keep their fold and images', () => {
  const file = {
    ...pairsOf([
      ['ann/1', 'ann/2', true],
      ['ann/1', 'ben/1', false],
      ['ben/1', 'ben/2', true],
      ['cy/1', 'ben/2', false],
    ]),
    folds: 2,
  };
  const set = pairsOfFile({ ...file, pairs: file.pairs.map((pair, index) => ({ ...pair, fold: index % 2 })) });
  const left = withoutPeople(set, new Set(['ann', 'nobody']), 'pairs.txt');
  expect(left.subjects.map(({ name }) => name)).toEqual(['ben/1', 'ben/2', 'cy/1']);
  expect([left.a, left.b, left.same, left.fold]).toEqual([
    [0, 2],
    [1, 1],
    [true, false],
    [0, 1],
  ]);
  expect(peopleLeftOut(set, new Set(['ann', 'Be_n', 'nobody']))).toEqual({
    people: 1,
    pairs: 2,
    unmatched: ['Be_n', 'nobody'],
    nearly: [{ name: 'Be_n', inPairs: 'ben' }],
  });
  expect(() => withoutPeople(set, new Set(['ann', 'ben']), 'pairs.txt')).toThrow(/All of the pairs/);
  expect(() => withoutPeople(pairsOfFile(pairsOf([['1', '2', true]])), new Set(['ann']), 'pairs.txt')).toThrow(
    /do not say who/,
  );
});
