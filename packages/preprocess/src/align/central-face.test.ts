import type { Face } from '@facewright/core';
import { expect, test } from 'vitest';
import { centralFace } from './central-face.js';

const photo = { width: 200, height: 100 };
const face = (x: number, y: number, width: number, height = width): Face =>
  ({ box: { x: x - width / 2, y: y - height / 2, width, height } }) as Face;

test('prefers the larger of two central faces, and the nearer of two equally large ones', () => {
  const [large, small] = [face(100, 50, 40), face(100, 50, 30)];
  expect(centralFace([small, large], photo)).toBe(large);
  expect(centralFace([large, small], photo)).toBe(large);
  const near = face(105, 50, 30);
  for (const far of [face(110, 50, 30), face(90, 50, 30), face(100, 60, 30), face(100, 40, 30), face(20, 90, 30)])
    for (const faces of [
      [near, far],
      [far, near],
    ])
      expect(centralFace(faces, photo)).toBe(near);
});

test('subtracts twice the squared distance in pixels from the area', () => {
  // 20 × 20 in the middle: 400. 20 × 40 at 14 and 15 pixels from it: 800 − 392 and 800 − 450
  const middle = face(100, 50, 20);
  expect(centralFace([middle, face(114, 50, 20, 40)], photo)?.box.height).toBe(40);
  expect(centralFace([middle, face(115, 50, 20, 40)], photo)).toBe(middle);
  expect(centralFace([middle, face(100, 64, 40, 20)], photo)?.box.width).toBe(40);
  expect(centralFace([middle, face(100, 65, 40, 20)], photo)).toBe(middle);
});

test('returns the first of equals, and undefined without faces', () => {
  const [left, right] = [face(90, 50, 30), face(110, 50, 30)];
  expect(centralFace([left, right], photo)).toBe(left);
  expect(centralFace([right, left], photo)).toBe(right);
  expect(centralFace([], photo)).toBeUndefined();
});
