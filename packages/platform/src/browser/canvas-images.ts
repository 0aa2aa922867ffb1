/**
 * Decodes photos with the browser's decoder, in a page or a worker: EXIF orientation applied, ICC profile ignored,
 * alpha composited onto black, like the decoder for Node. JPEG decoders occasionally differ by one grey level.
 */
import {
  ImageError,
  isOverLimits,
  limitsToReduce,
  reducedSize,
  refuseLarge,
  refuseManyBytes,
  type DecodedImage,
  type DecodeOptions,
} from '../image-decoding.js';
import type { Box, RgbImage } from '@facewright/core';

export { ImageError, type DecodedImage, type DecodeLimits, type DecodeOptions } from '../image-decoding.js';

/** The browser APIs used here, which this package's types do not declare. */
interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}
interface Context {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  imageSmoothingQuality: 'high';
  drawImage(bitmap: Bitmap, x: number, y: number, width: number, height: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}
declare const createImageBitmap: (blob: Blob, options: typeof AS_STORED) => Promise<Bitmap>;
declare const OffscreenCanvas: new (
  width: number,
  height: number,
) => { getContext(kind: '2d', options: { willReadFrequently: boolean }): Context | null };
declare const Blob: new (parts: readonly Uint8Array[]) => Blob;
type Blob = object;

const AS_STORED = { imageOrientation: 'from-image', colorSpaceConversion: 'none' } as const;

/**
 * Throws an `ImageError` for anything the browser cannot read, and for photos over the limits, which are known only
 * after decoding.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { where, reduce, ...limits }: DecodeOptions = {},
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new ImageError('not-an-image', 'The file is empty.', where);
  refuseManyBytes(bytes.length, limits, where);
  const open = (): Promise<Bitmap> => createImageBitmap(new Blob([bytes]), AS_STORED);
  const bitmap = await open().catch((error: unknown) => {
    throw new ImageError('not-an-image', 'The image is damaged, or this browser cannot read its format.', where, error);
  });
  try {
    const most = limitsToReduce(reduce, limits);
    const small = most && isOverLimits(bitmap, most) ? reducedSize(bitmap, most) : undefined;
    if (!small) refuseLarge(bitmap, limits, where);
    const { width, height } = bitmap;
    const whole = { width, height };
    const image = drawn(bitmap, { x: 0, y: 0, ...(small ?? whole) }, small ?? whole, where);
    return small ? { ...image, reduced: { width, height, part: (box) => partOf(open, box, where) } } : image;
  } finally {
    bitmap.close();
  }
}

async function partOf(open: () => Promise<Bitmap>, box: Box, where?: string): Promise<RgbImage> {
  const bitmap = await open();
  try {
    return drawn(bitmap, box, bitmap, where);
  } finally {
    bitmap.close();
  }
}

/** A part of the bitmap drawn at a size. */
function drawn(
  bitmap: Bitmap,
  { x, y, width, height }: Box,
  whole: Pick<RgbImage, 'width' | 'height'>,
  where?: string,
): RgbImage {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new ImageError('unreadable', 'The browser did not provide a canvas to decode with.', where);
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, -x, -y, whole.width, whole.height);
  return { width, height, data: withoutAlpha(context.getImageData(0, 0, width, height).data) };
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}
