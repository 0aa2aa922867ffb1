import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interrupted, landmarkPoints, type Detector, type Engine } from '@facewright/core';
import { sharedData } from '@facewright/test/shared-data';
import { wasm } from '@facewright/backend-wasm';
import { openEngine, testContext, testDetector } from '@facewright/testkit';
import { compare, goldenPhotos, openPhoto } from '../../test/golden-photos.js';
import { noiseImage } from '../../test/support.js';
import { createMtcnn } from './detector.js';
import { netTensors } from './layout.js';
import { compileNets } from './nets.js';
import { plainPixels } from './photo-pixels.js';
import { mtcnn } from './plugin.js';
import { answersOver, pyramidScales } from './pyramid.js';
import { readWeights } from './weights-file.js';

const settings = { minFace: 20, factor: 0.709, thresholds: [0.6, 0.7, 0.7], rounding: 'truncate' } as const;
const photosDirectory = sharedData('photos');
const weightsDirectory = sharedData('mtcnn');
const needs = 'needs ../shared/data/mtcnn and ../shared/data/photos';

test('the pyramid ranges from the smallest face to the shorter side', () => {
  const scales = pyramidScales(100, 200, 20, 0.709);
  expect(scales[0]).toBe(0.6);
  scales.slice(1).forEach((scale, index) => expect(scale / scales[index]).toBeCloseTo(0.709, 12));
  expect(100 * scales[scales.length - 1]).toBeGreaterThanOrEqual(12);
  expect(100 * scales[scales.length - 1] * 0.709).toBeLessThan(12);
  expect(pyramidScales(19, 200, 20, 0.709)).toEqual([]);
});

describe.skipIf(!weightsDirectory || !photosDirectory)(`on real photos (${needs})`, () => {
  let engine: Engine;
  let detector: Detector;
  const weights = () => readWeights(readFileSync(`${weightsDirectory}/mtcnn_model-shard1`), 'shard');

  beforeAll(async () => {
    engine = await openEngine(wasm());
    detector = createMtcnn(engine, weights(), settings);
  });
  afterAll(async () => {
    detector?.dispose?.();
    await engine?.dispose();
  });

  testDetector(() => mtcnn({ weights: weightsDirectory }), {
    name: 'mtcnn',
    engine: wasm(),
    photos: [
      { name: 'raj1.png', image: () => openPhoto(photosDirectory + '/face-api/raj1.png'), faces: 1 },
      { name: 'ivan.jpg', image: () => openPhoto(photosDirectory + '/ipazc/ivan.jpg'), faces: 2 },
    ],
  });

  test('gives the same results as mtcnn 0.1.0: one face, two, none', async () => {
    const some = ['ipazc/ivan.jpg', 'ipazc/no-faces.jpg', 'kpzhang93/test1.jpg', 'facenet/Anthony_Hopkins_0001.jpg'];
    const result = await compare(
      detector,
      photosDirectory!,
      goldenPhotos(photosDirectory!).filter(({ path }) => some.includes(path)),
    );
    expect(result).toMatchObject({ missed: [], extra: [], coordinates: 5 * 14, equal: 5 * 14, largestDifference: 0 });
    expect(result.largestConfidenceDifference).toBeLessThan(1e-5);
  });

  test('without rounding, truncating the points gives the rounded ones', async () => {
    const image = await openPhoto(photosDirectory + '/face-api/raj1.png');
    const exact = createMtcnn(engine, weights(), { ...settings, rounding: 'none' });
    const [[whole], [fraction]] = [await detector.detect(image), await exact.detect(image)];
    exact.dispose?.();
    expect(landmarkPoints(fraction.landmarks).flat().map(Math.trunc)).toEqual(landmarkPoints(whole.landmarks).flat());
    expect(
      landmarkPoints(fraction.landmarks)
        .flat()
        .some((value) => !Number.isInteger(value)),
    ).toBe(true);
    expect(exact.fingerprint).not.toBe(detector.fingerprint);
  });

  test('P-Net in bands gives the same results as on the whole image', async () => {
    const nets = compileNets(engine, netTensors(weights().numbers));
    for (const [width, height] of [
      [61, 90],
      [40, 57],
      [30, 12],
      [13, 33],
    ]) {
      const [image] = plainPixels(noiseImage(width, height, width)).levels([{ width, height }]);
      const all = async (bandPixels: number): Promise<{ rows: number[]; columns: number; answers: number[] }> => {
        const bands: { row: number; columns: number; answers: number[] }[] = [];
        for await (const { answers, ...place } of answersOver(image, nets.pnet, bandPixels))
          bands.push({ ...place, answers: [...answers] });
        return {
          rows: bands.map(({ row }) => row),
          columns: bands[0].columns,
          answers: bands.flatMap(({ answers }) => answers),
        };
      };
      const whole = await all(Infinity);
      expect([whole.rows, whole.columns]).toEqual([[0], Math.ceil((width - 2) / 2) - 4]);
      expect(whole.answers.length).toBe((Math.ceil((height - 2) / 2) - 4) * whole.columns * 5);
      const { rows, answers } = await all(width * 24);
      if (height > 30) expect(rows.length).toBeGreaterThan(1);
      expect(answers.length).toBe(whole.answers.length);
      answers.forEach((value, index) => expect(value).toBeCloseTo(whole.answers[index], 5));
    }
    for (const net of Object.values(nets)) net.dispose();
  });

  test('an interrupted run stops between scales', async () => {
    const context = { ...testContext({ engine: () => engine }), signal: AbortSignal.abort() };
    const stopped = await mtcnn({ weights: weightsDirectory }).create(context);
    await expect(stopped.detect(noiseImage(64, 64, 1))).rejects.toBeInstanceOf(Interrupted);
  });
});
