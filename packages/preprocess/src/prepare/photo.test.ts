/** One photo: at the limits of what is taken, and which of several faces. */
import { createRandom, landmarksFrom, type Detector, type Face, type Point } from '@facewright/core';
import { describe, expect, test } from 'vitest';
import { LANDMARKS, photoBytes } from '../../test/prepare-support.js';
import { createFivePointAligner } from '../align/index.js';
import { processPhoto, type Outcome, type PhotoFacts, type Processing } from './photo.js';

const aligner = createFivePointAligner(112);
const processing: Processing = {
  aligner,
  detector: async () => undefined,
  tiers: [{ augmenters: [] }],
  faces: 'exactly-one',
  withoutFace: 'leave-out',
  limits: {},
  random: createRandom(1),
};
const facts: PhotoFacts = { id: 'A/1.png', identity: 'A', landmarks: LANDMARKS };
async function outcomeOf(
  width: number,
  height: number,
  photo: Partial<PhotoFacts> = {},
  more: Partial<Processing> = {},
): Promise<Outcome> {
  const bytes = await photoBytes(1, width, height);
  return (await processPhoto({ photo: { ...facts, ...photo }, bytes, tier: 0 }, { ...processing, ...more })).outcome;
}
const reasonOf = async (...args: Parameters<typeof outcomeOf>): Promise<string | undefined> => {
  const outcome = await outcomeOf(...args);
  return 'exclusion' in outcome ? outcome.exclusion.reason : undefined;
};
const finding = (...faces: Face[]): Partial<Processing> => ({
  detector: async () => ({ fingerprint: 'fixed', detect: async () => faces }) satisfies Detector,
});

describe('the smallest side', () => {
  const inside = landmarksFrom([
    [2, 2],
    [8, 2],
    [5, 5],
    [3, 8],
    [7, 8],
  ]);
  test.each([
    [12, 12, undefined],
    [12, 500, undefined],
    [500, 12, undefined],
    [11, 500, 'too-small'],
    [500, 11, 'too-small'],
    [11, 11, 'too-small'],
  ])('%i × %i: %s', async (width, height, reason) => {
    expect(await reasonOf(width, height, { landmarks: inside })).toBe(reason);
  });

  test('applies to photos only: an aligned image has its own minimum size', async () => {
    expect(await reasonOf(11, 11, { aligned: true })).toBe('wrong-size');
    expect(await reasonOf(112, 111, { aligned: true })).toBe('wrong-size');
    expect(await reasonOf(111, 112, { aligned: true })).toBe('wrong-size');
    expect(await reasonOf(112, 112, { aligned: true })).toBeUndefined();
    expect(await reasonOf(8, 8, { aligned: true }, { aligner: { ...aligner, size: 8 } })).toBeUndefined();
  });
});

describe('given landmarks', () => {
  /** All five far outside but one. */
  const butOne = (point: Point) => landmarksFrom([[-50, -60], [900, -20], point, [-40, 800], [950, 990]]);
  test.each<[Point, boolean]>([
    [[0, 0], true],
    [[199, 179], true],
    [[199.5, 179.5], true],
    [[200, 100], false],
    [[100, 180], false],
    [[-0.5, 100], false],
    [[100, -0.5], false],
  ])('count if one of them is inside the photo: %j: %s', async (point, counts) => {
    expect(await reasonOf(200, 180, { landmarks: butOne(point) })).toBe(counts ? undefined : 'bad-landmarks');
  });
});

describe('of several faces', () => {
  const face = (width: number, height: number, at: number): Face => ({
    box: { x: 0, y: 0, width, height },
    confidence: 1,
    landmarks: landmarksFrom([
      [at, 40],
      [at + 30, 40],
      [at + 15, 60],
      [at + 3, 80],
      [at + 27, 80],
    ]),
  });
  const kept = async (faces: Face[], policy: Processing['faces']): Promise<number[]> => {
    const outcome = await outcomeOf(200, 180, { landmarks: undefined }, { ...finding(...faces), faces: policy });
    return 'images' in outcome ? outcome.images.map(({ sample }) => sample.landmarks!.leftEye[0]) : [];
  };

  test('“largest” takes the face with the largest area, or the first of equals', async () => {
    expect(await kept([face(30, 40, 1), face(50, 30, 2), face(20, 60, 3)], 'largest')).toEqual([2]);
    expect(await kept([face(60, 10, 1), face(30, 40, 2)], 'largest')).toEqual([2]);
    expect(await kept([face(30, 40, 1), face(40, 30, 2)], 'largest')).toEqual([1]);
  });

  test('“all” takes every face in order; “exactly one” takes a single face', async () => {
    expect(await kept([face(30, 40, 1), face(50, 30, 2)], 'all')).toEqual([1, 2]);
    expect(await kept([face(30, 40, 1), face(50, 30, 2)], 'exactly-one')).toEqual([]);
    expect(await kept([face(30, 40, 1)], 'exactly-one')).toEqual([1]);
  });
});

test('the time is reported for each stage that a photo went through, and for no other', async () => {
  const bytes = await photoBytes(1);
  const { seconds } = await processPhoto({ photo: facts, bytes, tier: 0 }, processing);
  expect(Object.keys(seconds).sort()).toEqual(['align', 'augment', 'decode']);
  for (const spent of Object.values(seconds)) expect(spent).toBeGreaterThan(0);
  const { seconds: few } = await processPhoto({ photo: facts, bytes: bytes.subarray(0, 20), tier: 0 }, processing);
  expect(Object.keys(few)).toEqual(['decode']);
});

describe('the pixels of a photo', () => {
  /** Processes a photo, and tells whether its pixels are still there. */
  async function keptPixels(photo: Partial<PhotoFacts>, more: Partial<Processing> = {}, side = 120): Promise<boolean> {
    let seen: Uint8Array | undefined;
    const noting = { ...aligner, align: (...args: Parameters<typeof aligner.align>) => ((seen = args[0].data), aligner.align(...args)) }; // prettier-ignore
    const outcome = await outcomeOf(side, side, photo, { aligner: noting, ...more });
    const image = 'images' in outcome ? outcome.images[0].image.data : undefined;
    if (image) expect(image.length).toBe(112 * 112 * 3);
    return (seen ?? image)!.length > 0;
  }

  test('are freed as soon as its faces are cut out, or none is to be', async () => {
    expect(await keptPixels({})).toBe(false);
    let detected: Uint8Array | undefined;
    const detector: Detector = { fingerprint: 'none', detect: async ({ data }) => ((detected = data), []) };
    const outcome = await outcomeOf(120, 120, { landmarks: undefined }, { detector: async () => detector });
    expect(outcome).toMatchObject({ exclusion: { reason: 'no-face' } });
    expect(detected).toHaveLength(0);
  });

  test('stay where they are the aligned image', async () => {
    expect(await keptPixels({ landmarks: undefined, aligned: true }, {}, 112)).toBe(true);
  });
});

test('what is wrong is told with its numbers', async () => {
  const detailOf = async (...args: Parameters<typeof outcomeOf>): Promise<string | undefined> => {
    const outcome = await outcomeOf(...args);
    return 'exclusion' in outcome ? outcome.exclusion.detail : undefined;
  };
  expect(await detailOf(11, 40)).toBe('11 × 40 pixels');
  expect(await detailOf(40, 50, { aligned: true })).toBe('40 × 50 pixels, not 112 × 112');
  expect(await detailOf(20, 30)).toBe('none of the five landmarks is inside the image of 20 × 30 pixels');
  expect(await detailOf(40, 50, { landmarks: undefined })).toContain('no detector');
  const face: Face = { box: { x: 0, y: 0, width: 9, height: 9 }, confidence: 1, landmarks: LANDMARKS };
  expect(await detailOf(40, 50, { landmarks: undefined }, finding(face, face, face))).toBe('3 faces');
});
