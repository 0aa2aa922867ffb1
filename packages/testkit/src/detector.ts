/**
 * The conformance suite for detectors: what a face looks like, decreasing confidence, no memory of earlier photos, no
 * faces where there are none.
 */
import type { Detector, Face, RgbImage } from '@facewright/core';
import { landmarkPoints } from '@facewright/core';
import { expect } from 'vitest';
import { create, type ContextOptions } from './support/context.js';
import { noise, plain } from './support/images.js';
import { defineSuite, NOT_OFFERED, setUp, tearDown, type Subject, type SuiteOptions } from './support/suite.js';

/** A photo with a known number of faces. */
export interface DetectorPhoto {
  readonly name: string;
  readonly image: () => RgbImage | Promise<RgbImage>;
  readonly faces: number;
}

export interface DetectorSuiteOptions extends SuiteOptions, ContextOptions {
  /** Photos with faces; without them the suite can only test photos without faces. */
  readonly photos?: readonly DetectorPhoto[];
  /**
   * For a detector that does not look at the photo, such as one that takes the middle of cropped portraits: how many faces it finds in every photo. The
   * checks of blank and tiny photos then expect these.
   */
  readonly constant?: number;
}

/** Registers the suite: `testDetector(mtcnn({ weights }), { engine: cpu(), photos })`. */
export function testDetector(subject: Subject<'detector'>, options: DetectorSuiteOptions = {}): void {
  const { photos = [], constant } = options;
  defineSuite('detector', subject, options, (check) => {
    let detector: Detector;
    setUp(async () => {
      detector = await create(subject, options);
    });
    tearDown(() => detector?.dispose?.());

    const blanks: readonly (readonly [string, RgbImage])[] = [
      ['black', plain(96, 80, [0, 0, 0])],
      ['white', plain(96, 80, [255, 255, 255])],
      ['grey', plain(80, 96, [128, 128, 128])],
      ['noise', noise(96, 96, 'detector')],
    ];
    const expectBlank = (faces: readonly Face[]): void => {
      expect(faces).toHaveLength(constant ?? 0);
      faces.forEach(expectWhole);
    };
    for (const [name, image] of blanks)
      check(constant === undefined ? `there is no face in ${name}` : `${name} has the faces of every photo`, async () =>
        expectBlank(await detector.detect(image)),
      );

    for (const [width, height] of [
      [1, 1],
      [3, 40],
      [200, 2],
    ]) {
      check(`a photo of ${width} x ${height} is taken`, async () =>
        expectBlank(await detector.detect(plain(width, height, [90, 80, 70]))),
      );
    }

    for (const photo of photos) {
      check(
        `${photo.name}: finds ${photo.faces}, in falling confidence, each whole`,
        async () => {
          const image = await photo.image();
          const faces = await detector.detect(image);
          expect(faces).toHaveLength(photo.faces);
          faces.forEach(expectWhole);
          expect(faces.map(({ confidence }) => confidence)).toEqual(
            faces.map(({ confidence }) => confidence).sort((a, b) => b - a),
          );
        },
        'photos',
      );
    }

    check('photos before it do not matter, and the photo is left as it was', async () => {
      const images = await Promise.all(photos.map(async ({ image }) => image()));
      if (!images.length) images.push(noise(64, 64, 'before'));
      const copies = images.map(({ data }) => Uint8Array.from(data));
      const first = await detector.detect(images[0]);
      await detector.detect(blanks[3][1]);
      for (const image of images.slice(1)) await detector.detect(image);
      expect(await detector.detect(images[0])).toEqual(first);
      images.forEach(({ data }, index) => expect(Buffer.compare(data, copies[index])).toBe(0));
    });

    check('a batch gives the same answers as one by one', async () => {
      if (!detector.detectBatch) return NOT_OFFERED;
      const images = [blanks[0][1], ...(await Promise.all(photos.map(async ({ image }) => image()))), blanks[2][1]];
      const together = await detector.detectBatch(images);
      expect(together).toHaveLength(images.length);
      for (const [index, image] of images.entries()) expectAlike(together[index], await detector.detect(image));
      expect(await detector.detectBatch([])).toEqual([]);
      return undefined;
    });
  });
}

function expectWhole({ box, confidence, landmarks }: Face): void {
  expect([box.x, box.y, box.width, box.height, ...landmarkPoints(landmarks).flat()].every(Number.isFinite)).toBe(true);
  expect(Math.min(box.width, box.height)).toBeGreaterThan(0);
  expect(confidence).toBeGreaterThanOrEqual(0);
  expect(confidence).toBeLessThanOrEqual(1);
}

/** Within a pixel, because a batch may be computed in a different order. */
function expectAlike(a: readonly Face[], b: readonly Face[]): void {
  expect(a).toHaveLength(b.length);
  a.forEach((face, index) => {
    const numbers = ({ box, landmarks }: Face): number[] => [
      box.x,
      box.y,
      box.width,
      box.height,
      ...landmarkPoints(landmarks).flat(),
    ];
    const other = numbers(b[index]);
    numbers(face).forEach((value, i) => expect(Math.abs(value - other[i])).toBeLessThanOrEqual(1));
    expect(Math.abs(face.confidence - b[index].confidence)).toBeLessThanOrEqual(1e-3);
  });
}
