/**
 * Decodes photos with the browser's decoder, in a page or a worker: EXIF orientation applied, ICC profile ignored,
 * alpha composited onto black, like the decoder for Node. JPEG decoders occasionally differ by one grey level.
 */
import { ImageError, refuseLarge, refuseManyBytes, type DecodeLimits } from '../image-decoding.js';
import type { RgbImage } from '@facewright/core';

export { ImageError, type DecodeLimits } from '../image-decoding.js';

/** The browser APIs used here, which this package's types do not declare. */
interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}
interface Context {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(bitmap: Bitmap, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}
declare const createImageBitmap: (
  blob: Blob,
  options: { imageOrientation: 'from-image'; colorSpaceConversion: 'none' },
) => Promise<Bitmap>;
declare const OffscreenCanvas: new (
  width: number,
  height: number,
) => { getContext(kind: '2d', options: { willReadFrequently: boolean }): Context | null };
declare const Blob: new (parts: readonly Uint8Array[]) => Blob;
type Blob = object;

/**
 * Throws an `ImageError` for anything the browser cannot read, and for photos over the limits, which are known only
 * after decoding.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { where, ...limits }: DecodeLimits & { where?: string } = {},
): Promise<RgbImage> {
  if (bytes.length === 0) throw new ImageError('not-an-image', 'The file is empty.', where);
  refuseManyBytes(bytes.length, limits, where);
  const bitmap = await createImageBitmap(new Blob([bytes]), {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
  }).catch((error: unknown) => {
    throw new ImageError('not-an-image', 'The image is damaged, or this browser cannot read its format.', where, error);
  });
  try {
    refuseLarge(bitmap, limits, where);
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new ImageError('unreadable', 'The browser did not provide a canvas to decode with.', where);
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: withoutAlpha(context.getImageData(0, 0, width, height).data) };
  } finally {
    bitmap.close();
  }
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
