/**
 * Faces of a photo that was decoded at a fraction of its size: where they are in the whole photo, and their aligned
 * images, cut from as many pixels as the photo has.
 */
import {
  landmarkPoints,
  landmarksFrom,
  type Aligner,
  type Face,
  type Landmarks,
  type Point,
  type RgbImage,
} from '@facewright/core';
import type { DecodedImage } from '@facewright/platform';

/** The size of the whole photo. */
export const photoSize = ({ width, height, reduced }: DecodedImage): Pick<RgbImage, 'width' | 'height'> =>
  reduced ? { width: reduced.width, height: reduced.height } : { width, height };

/** Pixels of the photo per pixel of the image. */
function scaleOf(image: DecodedImage): Point {
  const { width, height } = photoSize(image);
  return [width / image.width, height / image.height];
}

/** A face found in the image, in pixels of the whole photo. */
export const faceInPhoto = (image: DecodedImage, face: Face): Face =>
  image.reduced ? scaled(face, scaleOf(image)) : face;

/** A face of the whole photo, in pixels of the image: the inverse. */
export function faceInImage(image: DecodedImage, face: Face): Face {
  const [x, y] = scaleOf(image);
  return image.reduced ? scaled(face, [1 / x, 1 / y]) : face;
}

function scaled({ box, confidence, landmarks }: Face, scale: Point): Face {
  const [x, y] = scaledPoint([box.x, box.y], scale);
  return {
    box: { x, y, width: box.width * scale[0], height: box.height * scale[1] },
    confidence,
    landmarks: scaledPoints(landmarks, scale),
  };
}
/** Coordinates are those of the pixels' centres. */
const scaledPoint = ([x, y]: Point, [horizontal, vertical]: Point): Point => [
  (x + 0.5) * horizontal - 0.5,
  (y + 0.5) * vertical - 0.5,
];
const scaledPoints = (landmarks: Landmarks, scale: Point): Landmarks =>
  landmarksFrom(landmarkPoints(landmarks).map((point) => scaledPoint(point, scale)));

/** Aligned faces are about this many times as wide as the distance between their eyes. */
const FACE = 3.2;
/** No aligner needs more around the landmarks, in units of their extent. */
const AROUND = 3;

/** The aligned face with these landmarks in the whole photo. Rejects as the aligner does. */
export async function alignInPhoto(aligner: Aligner, image: DecodedImage, landmarks: Landmarks): Promise<RgbImage> {
  if (!image.reduced) return aligner.align(image, landmarks);
  const [x, y] = scaleOf(image);
  const small = scaledPoints(landmarks, [1 / x, 1 / y]);
  const [left, right] = landmarkPoints(small);
  const enough = FACE * Math.hypot(right[0] - left[0], right[1] - left[1]) >= aligner.size;
  const box = enough ? undefined : boxAround(landmarkPoints(landmarks), image.reduced);
  if (!box) return aligner.align(image, small);
  const part = await image.reduced.part(box);
  return aligner.align(part, landmarksFrom(landmarkPoints(landmarks).map(([px, py]) => [px - box.x, py - box.y])));
}

/** Whole pixels inside the photo; `undefined` if there are none, or far too many for one face. */
function boxAround(points: readonly Point[], { width, height }: Pick<RgbImage, 'width' | 'height'>) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const within = (value: number, most: number): number => Math.min(Math.max(Math.round(value), 0), most);
  const [left, right] = [
    within(Math.min(...xs) - AROUND * extent, width),
    within(Math.max(...xs) + AROUND * extent, width),
  ];
  const [top, bottom] = [
    within(Math.min(...ys) - AROUND * extent, height),
    within(Math.max(...ys) + AROUND * extent, height),
  ];
  const found = right > left && bottom > top && Number.isFinite(extent);
  return found ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}
