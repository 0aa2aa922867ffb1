/** Every photo with a published answer, and every photo without a face. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sharedData } from '@facewright/test/shared-data';
import { wasm } from '@facewright/backend-wasm';
import { testContext } from '@facewright/testkit';
import { compare, goldenPhotos, openPhoto } from '../../test/golden-photos.js';
import { mtcnn } from './plugin.js';

const photosDirectory = sharedData('photos');
const weightsDirectory = sharedData('mtcnn');

describe.skipIf(!weightsDirectory || !photosDirectory)('all photos (needs ../shared/data/mtcnn and ../shared/data/photos)', () => {
  const detector = () => mtcnn({ weights: weightsDirectory }).create(testContext({ engine: wasm() }));

  test('all 81 faces of mtcnn 0.1.0 and no other, nearly every coordinate equal', async () => {
    const result = await compare(await detector(), photosDirectory!, goldenPhotos(photosDirectory!));
    expect(result.missed).toEqual([]);
    expect(result.extra).toEqual([]);
    expect(result.coordinates).toBe(81 * 14);
    expect(result.largestDifference).toBeLessThanOrEqual(1);
    expect(result.equal / result.coordinates).toBeGreaterThanOrEqual(0.98);
    expect(result.largestConfidenceDifference).toBeLessThan(1e-4);
  }, 600_000);

  test('no face in the pictures without one', async () => {
    const finder = await detector();
    const names = readdirSync(`${photosDirectory}/no-face`);
    expect(names).toHaveLength(14);
    for (const name of names) expect(await finder.detect(await openPhoto(`${photosDirectory}/no-face/${name}`)), name).toEqual([]);
  });
});
