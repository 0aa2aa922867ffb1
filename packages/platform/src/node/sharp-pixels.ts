/** Pixels by sharp, as `cv2.imread` gives them: alpha is composited onto black, grey and CMYK become 8-bit RGB. */
import type { RgbImage } from '@facewright/core';
import type { Sharp, SharpOptions } from 'sharp';

/** Opens an encoded image, as often as it is called. Limits are up to the caller. */
export async function openSharp(bytes: Uint8Array, options: SharpOptions = {}): Promise<() => Sharp> {
  const { default: sharp } = await import('sharp');
  return () => sharp(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: false, ...options });
}

/** Upright. Numbers with fractions, as scientific TIFFs have, usually go from 0 to 1 and not to 255. */
export async function ofUsualRange(bytes: Uint8Array, open: () => Sharp): Promise<Sharp> {
  const image = open().autoOrient();
  if (!isTiff(bytes)) return image;
  const { depth } = await open().metadata();
  if (depth !== 'float' && depth !== 'double') return image;
  const { channels } = await open().stats();
  return channels.every(({ max }) => max <= 1) ? image.linear(255, 0) : image;
}

const isTiff = ([first, second]: Uint8Array): boolean => first === second && (first === 0x49 || first === 0x4d);

export async function rgbOf(image: Sharp): Promise<RgbImage> {
  const { data, info } = await image
    .flatten({ background: '#000' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  // A copy, because our own memory can be released, while sharp's Buffers wait for the garbage collector; short-lived
  // Buffers are found by its minor collections.
  return {
    width: info.width,
    height: info.height,
    data: info.channels === 3 ? new Uint8Array(data) : greyToRgb(data, info.channels),
  };
}

function greyToRgb(data: Uint8Array, channels: number): Uint8Array {
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels], i * 3, i * 3 + 3);
  return rgb;
}
