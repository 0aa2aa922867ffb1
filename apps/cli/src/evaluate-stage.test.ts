import type { Aligner, Detector, Face, RgbImage } from '@facewright/core';
import { encodeImage } from '@facewright/core/node';
import type { ImageSource, PairsFile } from '@facewright/datasets';
import { expect, test } from 'vitest';
import { centralFace, evaluatePairs } from './evaluate-stage.js';

const face = (x: number, y: number, width: number): Face => ({ box: { x, y, width, height: width }, confidence: 1, landmarks: { leftEye: [0, 0], rightEye: [0, 0], nose: [0, 0], mouthLeft: [0, 0], mouthRight: [0, 0] } });

test('of several faces the large central one is meant', () => {
  const [centre, corner, tiny] = [face(90, 90, 20), face(0, 0, 60), face(98, 98, 4)];
  expect(centralFace([corner, tiny, centre], { width: 200, height: 200 })).toBe(centre);
  expect(centralFace([], { width: 10, height: 10 })).toBeUndefined();
});

const SIZE = 8;
const flat = (value: number, size = SIZE): RgbImage => ({ width: size, height: size, data: new Uint8Array(size * size * 3).fill(value) });

/** Person k has the grey level 40·k. The embedding is the direction of the grey level: people 40 apart are 60° apart. */
const embedder = {
  embed: async (images: readonly RgbImage[]) => images.map(({ data }) => {
    const angle = (Math.round(data[0] / 40) * Math.PI) / 3;
    return Float32Array.of(Math.cos(angle), Math.sin(angle));
  }),
  dispose: () => undefined,
};

async function imagesOf(files: Record<string, RgbImage | string>): Promise<ImageSource> {
  const bytes = new Map<string, Uint8Array>();
  for (const [path, image] of Object.entries(files)) bytes.set(path, typeof image === 'string' ? Buffer.from(image) : await encodeImage(image, 'png'));
  return { has: (path) => bytes.has(path), bytes: async (path) => bytes.get(path)!, close: () => undefined };
}

const reporting = { emit: () => undefined, signal: new AbortController().signal };
const pairsOf = (list: [a: string, b: string, same: boolean][]): PairsFile => ({ folds: 1, pairs: list.map(([a, b, same]) => ({ a, b, same, fold: 0 })) });
const noAlign = () => Promise.reject(new Error('nothing need be detected'));

test('aligned images are used as they are; pairs of unusable ones are left out and listed', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40), b1: flat(80), b2: flat(80), bad: 'text' });
  const pairs = pairsOf([['a1', 'a2', true], ['b1', 'b2', true], ['a1', 'b1', false], ['a2', 'b2', false], ['a1', 'bad', true]]);
  const { verification, skipped, images: used } = await evaluatePairs(embedder, pairs, { ...reporting, images, size: SIZE, align: noAlign });
  expect(verification).toMatchObject({ pairs: 4, accuracy: 1, skipped: 1, folds: 2 });
  expect([skipped, used]).toEqual([[{ path: 'bad', reason: expect.stringContaining('Not an image') }], 4]);
});

test('other sizes are photos: detected and aligned, or refused by --aligned; --no-aligned detects in all', async () => {
  const images = await imagesOf({ a1: flat(40), a2: flat(40, 20), b1: flat(80), b2: flat(80, 20) });
  const pairs = pairsOf([['a1', 'a2', true], ['b1', 'b2', true], ['a1', 'b1', false], ['a2', 'b2', false]]);
  const detected: number[] = [];
  const detector: Detector = { detect: async ({ width }) => (detected.push(width), [face(0, 0, width)]) };
  const aligner: Aligner = { fingerprint: 'crop', size: SIZE, align: ({ data }) => flat(data[0]) };
  const align = async () => ({ detector, aligner });

  expect((await evaluatePairs(embedder, pairs, { ...reporting, images, size: SIZE, align })).verification).toMatchObject({ pairs: 4, accuracy: 1 });
  expect(detected).toEqual([20, 20]);
  await evaluatePairs(embedder, pairs, { ...reporting, images, size: SIZE, align, aligned: false });
  expect(detected.sort()).toEqual([20, 20, 20, 20, 8, 8]);
  await expect(evaluatePairs(embedder, pairs, { ...reporting, images, size: SIZE, align, aligned: true })).rejects.toThrow('Verification needs same and different pairs');
});
