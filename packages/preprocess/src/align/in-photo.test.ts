/** Faces of a photo that was decoded at a fraction of its size: where they are, and which pixels their aligned images are made from. */
import { landmarkPoints, landmarksFrom, type Aligner, type Box, type Landmarks, type Point } from '@facewright/core';
import type { DecodedImage } from '@facewright/platform';
import { describe, expect, test } from 'vitest';
import { noiseImage } from '../../test/support.js';
import { alignInPhoto, faceInImage, faceInPhoto, photoSize } from './in-photo.js';

const plain: DecodedImage = noiseImage(100, 50, 1);
/** A quarter of the photo's width, half of its height; `asked` lists the parts that were cut from it. */
function reducedImage() {
  const asked: Box[] = [];
  const part = async (box: Box) => (asked.push(box), noiseImage(box.width, box.height, 2));
  const image: DecodedImage = { ...plain, reduced: { width: 400, height: 100, part } };
  return { image, asked };
}
const face = (box: Box, ...points: Point[]) => ({ box, confidence: 0.75, landmarks: landmarksFrom(points) });
const inImage = face({ x: 10, y: 20, width: 30, height: 24 }, [0, 0], [20.5, 0.5], [7, 9], [-0.5, 49.5], [99, 3]);
const inPhoto = face({ x: 41.5, y: 40.5, width: 120, height: 48 }, [1.5, 0.5], [83.5, 1.5], [29.5, 18.5], [-0.5, 99.5], [397.5, 6.5]); // prettier-ignore

describe('a face', () => {
  test('of a reduced image is given in pixels of the photo, by the centres of pixels, and back', () => {
    const { image } = reducedImage();
    expect(photoSize(image)).toEqual({ width: 400, height: 100 });
    expect(faceInPhoto(image, inImage)).toEqual(inPhoto);
    expect(faceInImage(image, inPhoto)).toEqual(inImage);
  });

  test('of a whole image stays as it is', () => {
    expect(photoSize(plain)).toEqual({ width: 100, height: 50 });
    expect(faceInPhoto(plain, inImage)).toBe(inImage);
    expect(faceInImage(plain, inImage)).toBe(inImage);
  });
});

describe('the aligned image', () => {
  /** An aligner that notes what it is given. */
  function noting(size: number) {
    const given: { image: DecodedImage; points: readonly Point[] }[] = [];
    const align: Aligner['align'] = (image, landmarks) => {
      given.push({ image, points: landmarkPoints(landmarks) });
      return noiseImage(size, size, 3);
    };
    return { aligner: { fingerprint: 'noting', size, align } satisfies Aligner, given };
  }
  async function aligned(image: DecodedImage, landmarks: Landmarks, size = 32) {
    const { aligner, given } = noting(size);
    expect(await alignInPhoto(aligner, image, landmarks)).toMatchObject({ width: size, height: size });
    expect(given).toHaveLength(1);
    return given[0];
  }
  /** Landmarks in the photo: eyes this far apart in the image, which is a quarter as wide. */
  const apart = (distance: number): Landmarks =>
    landmarksFrom([[200, 30], [200 + 4 * distance, 30], [210, 40], [200, 50], [220, 50]]); // prettier-ignore

  test('of a whole image comes from it', async () => {
    const landmarks = apart(1);
    expect(await aligned(plain, landmarks)).toEqual({ image: plain, points: landmarkPoints(landmarks) });
  });

  test('of a large face comes from the reduced image: a face is 3.2 times as wide as the distance of its eyes', async () => {
    const { image, asked } = reducedImage();
    const given = await aligned(image, apart(10));
    expect(given.image === image).toBe(true);
    expect(given.points.slice(0, 2)).toEqual([
      [200.5 / 4 - 0.5, 30.5 / 2 - 0.5],
      [240.5 / 4 - 0.5, 30.5 / 2 - 0.5],
    ]);
    expect(asked).toEqual([]);
  });

  test('of eyes above each other as well', async () => {
    const { image, asked } = reducedImage();
    // 20 pixels of the photo are 10 of the image
    const standing = landmarksFrom([[200, 20], [200, 40], [210, 30], [220, 20], [220, 40]]); // prettier-ignore
    expect((await aligned(image, standing)).image === image).toBe(true);
    expect((await aligned(image, standing, 33)).image === image).toBe(false);
    expect(asked).toHaveLength(1);
  });

  test('of a small face comes from that part of the photo, with three times the extent around it', async () => {
    const { image, asked } = reducedImage();
    const small = apart(9.9); // x from 200 to 239.6, y from 30 to 50: the extent is 39.6
    const given = await aligned(image, small);
    expect(asked).toEqual([{ x: 81, y: 0, width: 358 - 81, height: 100 }]);
    expect(given.image).toMatchObject({ width: asked[0].width, height: 100 });
    expect(given.points).toEqual(landmarkPoints(small).map(([x, y]) => [x - 81, y]));
  });

  test('of a face that is higher than wide: the extent is the larger one, also downwards', async () => {
    const asked: Box[] = [];
    const part = async (box: Box) => (asked.push(box), noiseImage(box.width, box.height, 2));
    const image: DecodedImage = { ...plain, reduced: { width: 1000, height: 1000, part } };
    const tall = landmarksFrom([[500, 400], [503, 401], [502, 404], [501, 408], [502, 410]]); // prettier-ignore
    const given = await aligned(image, tall);
    expect(asked).toEqual([{ x: 470, y: 370, width: 533 - 470, height: 440 - 370 }]);
    expect(given.points[4]).toEqual([32, 40]);
    const wide = landmarksFrom([[500, 400], [510, 401], [502, 404], [501, 403], [502, 402]]); // prettier-ignore
    await aligned(image, wide);
    expect(asked[1]).toEqual({ x: 470, y: 370, width: 540 - 470, height: 434 - 370 });
  });

  test('is cut at the edges of the photo, and comes from the reduced image where the photo has no such part', async () => {
    const { image, asked } = reducedImage();
    const at = (x: number, y: number): Landmarks =>
      landmarksFrom([[x, y], [x + 2, y], [x + 1, y + 1], [x, y + 2], [x + 2, y + 2]]); // prettier-ignore
    await aligned(image, at(2, 3));
    await aligned(image, at(395, 95));
    expect(asked).toEqual([
      { x: 0, y: 0, width: 10, height: 11 },
      { x: 389, y: 89, width: 11, height: 11 },
    ]);
    for (const outside of [at(-50, 20), at(450, 20), at(20, -50), at(20, 150), at(NaN, 20)])
      expect((await aligned(image, outside)).image === image).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test('fails as the aligner or the photo does', async () => {
    const { image } = reducedImage();
    const { aligner } = noting(32);
    const failing = { ...aligner, align: () => { throw new Error('no plane'); } }; // prettier-ignore
    await expect(alignInPhoto(failing, image, apart(20))).rejects.toThrow('no plane');
    const damaged = { ...image, reduced: { ...image.reduced!, part: () => Promise.reject(new Error('truncated')) } };
    await expect(alignInPhoto(aligner, damaged, apart(1))).rejects.toThrow('truncated');
  });
});
