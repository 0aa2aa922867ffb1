/**
 * Decodes a JPEG that is over the limits at a fraction of its size, and parts of it at full size, without ever holding
 * it whole: libjpeg scales while it decodes, and libvips reads line by line.
 */
import type { Box, RgbImage } from '@facewright/core';
import { reducedSize, type DecodedImage, type DecodeLimits } from '../../image-decoding.js';
import { openSharp, rgbOf } from '../sharp-pixels.js';

/** `undefined` if the photo does not fit the limits at any of the fractions. The file must be readable by line. */
export async function decodeReduced(
  bytes: Uint8Array,
  stored: Pick<RgbImage, 'width' | 'height'>,
  limits: DecodeLimits,
): Promise<DecodedImage | undefined> {
  if (!reducedSize(stored, limits)) return undefined;
  const open = await openSharp(bytes, { sequentialRead: true });
  const { orientation = 1, autoOrient } = await open().metadata();
  const { width, height } = autoOrient;
  const size = reducedSize(autoOrient, limits)!;
  const small = await rgbOf(
    open()
      .autoOrient()
      .resize({ ...size, fit: 'fill', fastShrinkOnLoad: true }),
  );
  const part = (box: Box) => {
    const { x, y, ...size } = inFile(box, { width, height }, orientation);
    return rgbOf(
      open()
        .extract({ left: x, top: y, ...size })
        .autoOrient(),
    );
  };
  return { ...small, reduced: { width, height, part } };
}

/** A box of the upright photo, in the pixels of the file, which EXIF says how to turn and mirror (orientation 1 to 8). */
function inFile({ x, y, width, height }: Box, whole: Pick<Box, 'width' | 'height'>, orientation: number): Box {
  const right = whole.width - x - width;
  const below = whole.height - y - height;
  const left = [1, 4, 5, 8].includes(orientation) ? x : right;
  const top = [1, 2, 5, 6].includes(orientation) ? y : below;
  return orientation < 5 ? { x: left, y: top, width, height } : { x: top, y: left, width: height, height: width };
}
