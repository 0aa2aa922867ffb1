import { expect, test } from 'vitest';
import { landmarkPoints, landmarksFrom } from './face.js';
import type { Point } from './image.js';

test('five points in template order convert to landmarks and back; any other number is an error', () => {
  const points: Point[] = [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [9, 10],
  ];
  const landmarks = landmarksFrom(points);
  expect(landmarks).toEqual({
    leftEye: [1, 2],
    rightEye: [3, 4],
    nose: [5, 6],
    mouthLeft: [7, 8],
    mouthRight: [9, 10],
  });
  expect(landmarkPoints(landmarks)).toEqual(points);
  expect(() => landmarksFrom(points.slice(1))).toThrow('five landmarks are needed, got 4');
  expect(() => landmarksFrom([...points, [0, 0]])).toThrow('five landmarks are needed, got 6');
});
