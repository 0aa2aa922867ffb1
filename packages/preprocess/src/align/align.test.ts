import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { landmarksFrom, type Point } from '@facewright/core';
import { testAligner } from '@facewright/testkit';
import { golden, noiseImage, sha256 } from '../../test/support.js';
import { cropByBox } from './box-crop.js';
import { createFivePointAligner, fivePoint, INSIGHTFACE_TEMPLATE, templateFor } from './five-point.js';
import { fitSimilarity, inverse, transform } from './similarity.js';

testAligner(fivePoint(), { template: landmarksFrom(INSIGHTFACE_TEMPLATE) });
testAligner(fivePoint({ size: 64 }), {
  name: 'five-point at 64',
  template: landmarksFrom(templateFor(64)),
  tolerance: 0.5,
});

describe('against scikit-image and OpenCV', () => {
  test.each(golden.alignment)(
    "image $seed: SimilarityTransform's matrix, warpAffine's bytes",
    ({ seed, points, matrix, sha256: expected }) => {
      const { a, b, tx, ty } = fitSimilarity(points, INSIGHTFACE_TEMPLATE);
      const ours = [
        [a, -b, tx],
        [b, a, ty],
      ];
      matrix.forEach((row, i) => row.forEach((value, j) => expect(ours[i][j]).toBeCloseTo(value, 9)));
      expect(sha256(createFivePointAligner(112).align(noiseImage(200, 180, seed), landmarksFrom(points)).data)).toBe(
        expected,
      );
    },
  );
});

describe('without landmarks, like InsightFace’s face_preprocess', () => {
  test.each(golden.boxes)(
    "image $seed, box $box: cv2.resize's bytes",
    ({ seed, size: [width, height], box, sha256: expected }) => {
      const given = box ? { x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] } : undefined;
      expect(sha256(cropByBox(noiseImage(width, height, seed), 112, given).data)).toBe(expected);
    },
  );

  test('without a box the centre is cut out of a large photo: a sixteenth less on each side, but for the margin', () => {
    const image = noiseImage(800, 400, 2);
    const { data } = cropByBox(image, 112, { x: 50, y: 25, width: 700, height: 350 });
    expect(sha256(cropByBox(image, 112).data)).toBe(sha256(data));
    expect(sha256(cropByBox(image, 112, undefined, 0).data)).not.toBe(sha256(data));
  });

  test.each([
    ['right', 72, 0],
    ['left', -32, 0],
    ['below', 0, 72],
    ['above', 0, -32],
  ])('a box that contains no pixel of the photo is an error: %s', (_, x, y) => {
    const image = noiseImage(50, 50, 1);
    const box = { x, y, width: 10, height: 10 };
    expect(() => cropByBox(image, 112, box)).toThrow('The face box is outside the photo.');
    const inwards = { ...box, x: x - Math.sign(x), y: y - Math.sign(y) };
    expect(cropByBox(image, 112, inwards).data).toHaveLength(112 * 112 * 3);
  });
});

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const point = fc.tuple(coordinate, coordinate);

test('points transformed by a similarity are mapped back exactly', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      point,
      (angle, scale, [tx, ty]) => {
        const known = { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty };
        const moved = INSIGHTFACE_TEMPLATE.map((p): Point => transform(known, p));
        const back = fitSimilarity(moved, INSIGHTFACE_TEMPLATE);
        moved.forEach((p, index) =>
          transform(back, p).forEach((value, axis) => expect(value).toBeCloseTo(INSIGHTFACE_TEMPLATE[index][axis], 6)),
        );
        const twice = inverse(inverse(known));
        for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(twice[key]).toBeCloseTo(known[key], 8);
      },
    ),
  );
});

test('no nearby similarity is better', () => {
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 5, maxLength: 5 }),
      fc.tuple(...Array.from({ length: 4 }, () => fc.double({ min: -0.01, max: 0.01, noNaN: true }))),
      (points, [da, db, dx, dy]) => {
        fc.pre(Math.max(...points.map(([x]) => x)) - Math.min(...points.map(([x]) => x)) > 1);
        const best = fitSimilarity(points, INSIGHTFACE_TEMPLATE);
        const error = (similarity: typeof best): number =>
          points.reduce(
            (sum, p, index) =>
              sum +
              transform(similarity, p).reduce(
                (part, value, axis) => part + (value - INSIGHTFACE_TEMPLATE[index][axis]) ** 2,
                0,
              ),
            0,
          );
        expect(error({ a: best.a + da, b: best.b + db, tx: best.tx + dx, ty: best.ty + dy })).toBeGreaterThanOrEqual(
          error(best) - 1e-6,
        );
      },
    ),
  );
});

test('points that coincide or are not finite are an error', () => {
  const aligner = createFivePointAligner(112);
  const at = (p: Point) => landmarksFrom(Array.from({ length: 5 }, () => p));
  expect(() => aligner.align(noiseImage(20, 20, 1), at([5, 5]))).toThrow(/Cannot align/);
  expect(() => aligner.align(noiseImage(20, 20, 1), at([NaN, 5]))).toThrow(/Cannot align/);
});

test('a fit needs as many targets as points, two or more', () => {
  const [p, q]: Point[] = [
    [1, 2],
    [4, 6],
  ];
  expect(() => fitSimilarity([p], [q])).toThrow('two or more; got 1 and 1');
  expect(() => fitSimilarity([p, q], [p])).toThrow('got 2 and 1');
  expect(() => fitSimilarity([p, q], [q, q])).toThrow('in one place');
  // a quarter turn to the left, and twice the size
  expect(fitSimilarity([p, q], [[0, 0], [-8, 6]])).toEqual({ a: 0, b: 2, tx: 4, ty: -2 }); // prettier-ignore
});
