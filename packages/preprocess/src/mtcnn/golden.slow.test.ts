/** Every photo with a published result, and every photo without a face. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sharedData } from '@facewright/test/shared-data';
import { onnx } from '@facewright/backend-onnx';
import { wasm } from '@facewright/backend-wasm';
import { testContext } from '@facewright/testkit';
import { answersOfRules1, compare, goldenPhotos, openPhoto } from '../../test/golden-photos.js';
import { mtcnn } from './plugin.js';

const photosDirectory = sharedData('photos');
const weightsDirectory = sharedData('mtcnn');

describe.skipIf(!weightsDirectory || !photosDirectory)(
  'all photos (needs ../shared/data/mtcnn and ../shared/data/photos)',
  () => {
    const detector = (engine = wasm(), rules: '0.1' | '1.0' = '0.1') =>
      mtcnn({ weights: weightsDirectory, rules }).create(testContext({ engine }));

    test.each([
      ['wasm', wasm()],
      ['onnx', onnx({ threads: 1 })],
    ])(
      '%s: all 81 faces of mtcnn 0.1.0 and no others, nearly every coordinate equal',
      async (_, engine) => {
        const result = await compare(await detector(engine), photosDirectory!, goldenPhotos(photosDirectory!));
        expect(result.missed).toEqual([]);
        expect(result.extra).toEqual([]);
        expect(result.coordinates).toBe(81 * 14);
        expect(result.largestDifference).toBeLessThanOrEqual(1);
        expect(result.equal / result.coordinates).toBeGreaterThanOrEqual(0.98);
        expect(result.largestConfidenceDifference).toBeLessThan(1e-4);
      },
      600_000,
    );

    test('by the rules of 1.0: every face of mtcnn 1.0.0 and no others', async () => {
      const photos = answersOfRules1();
      const result = await compare(await detector(onnx({ threads: 1 }), '1.0'), photosDirectory!, photos);
      expect(result.missed).toEqual([]);
      expect(result.extra).toEqual([]);
      expect(result.coordinates).toBe(14 * photos.reduce((sum, { faces }) => sum + faces.length, 0));
      expect(result.largestDifference).toBeLessThanOrEqual(1);
      expect(result.equal / result.coordinates).toBeGreaterThanOrEqual(0.98);
    }, 600_000);

    test('finds no face in pictures without one', async () => {
      const finder = await detector();
      const names = readdirSync(`${photosDirectory}/no-face`);
      expect(names).toHaveLength(14);
      for (const name of names)
        expect(await finder.detect(await openPhoto(`${photosDirectory}/no-face/${name}`)), name).toEqual([]);
    });
  },
);
