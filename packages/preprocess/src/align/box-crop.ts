/**
 * Makes an aligned image without landmarks, as InsightFace's `face_preprocess.preprocess` does
 * (deepinsight/insightface, src/common/face_preprocess.py): the face's box plus a margin, or the centre of the photo,
 * resized without preserving the aspect ratio.
 */
import { FacewrightError, type Box, type RgbImage } from '@facewright/core';
import { resizeLinear } from '../resize.js';

/** Cut from each side of the photo if there is no box, as a fraction of its width and height. */
const CENTRE_CUT = 0.0625;

/** `margin`: pixels added to the box's width and height, half on each side. The result is cut at the photo's edge. */
export function cropByBox(image: RgbImage, size: number, box?: Box, margin = 44): RgbImage {
  const { width, height, data } = image;
  const [cutX, cutY] = [Math.trunc(width * CENTRE_CUT), Math.trunc(height * CENTRE_CUT)];
  const {
    x,
    y,
    width: boxWidth,
    height: boxHeight,
  } = box ?? { x: cutX, y: cutY, width: width - 2 * cutX, height: height - 2 * cutY };
  const [left, top] = [Math.trunc(Math.max(x - margin / 2, 0)), Math.trunc(Math.max(y - margin / 2, 0))];
  const [right, bottom] = [
    Math.trunc(Math.min(x + boxWidth + margin / 2, width)),
    Math.trunc(Math.min(y + boxHeight + margin / 2, height)),
  ];
  if (right <= left || bottom <= top) throw new FacewrightError({ what: 'The face box is outside the photo.' });
  const crop = new Uint8Array((right - left) * (bottom - top) * 3);
  for (let row = top; row < bottom; row++)
    crop.set(data.subarray((row * width + left) * 3, (row * width + right) * 3), (row - top) * (right - left) * 3);
  return resizeLinear({ width: right - left, height: bottom - top, data: crop }, size, size);
}
