/**
 * Decodes and encodes photos with sharp; jpeg/ decodes plain JPEGs, bmp.ts and pnm.ts bitmaps and portable pixmaps.
 * Decodes like `cv2.imread` (EXIF orientation applied, ICC profile ignored) to 8-bit RGB: alpha is composited onto
 * black, grey and CMYK are converted.
 */
import {
  ImageError,
  isOverLimits,
  limitsToReduce,
  refuseLarge,
  refuseManyBytes,
  type DecodedImage,
  type DecodeLimits,
  type DecodeOptions,
} from '../image-decoding.js';
import { messageOf, type RgbImage } from '@facewright/core';
import { bmpHeader, decodeBmp } from './bmp.js';
import { adviceOn, unreadFormat } from './image-formats.js';
import { sizeInHeader } from './image-size.js';
import { jpegDecoder } from './jpeg/decoder.js';
import { jpegHeader } from './jpeg/header.js';
import { decodeReduced } from './jpeg/reduced.js';
import { decodePnm, pnmHeader } from './pnm.js';
import { ofUsualRange, openSharp, rgbOf } from './sharp-pixels.js';
import { isMainThread } from 'node:worker_threads';

export { ImageError, type DecodedImage, type DecodeLimits, type DecodeOptions } from '../image-decoding.js';

/**
 * Throws an `ImageError` for anything but a complete image within the limits. The decoding library's message is only
 * its `cause`: it comes from a buffer that all threads write to, and lists of photos must not depend on that.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { where, reduce, ...limits }: DecodeOptions = {},
): Promise<DecodedImage> {
  if (bytes.length === 0) throw new ImageError('not-an-image', 'The file is empty.', where);
  refuseManyBytes(bytes.length, limits, where);
  const image = decodeSimple(bytes, limits, where);
  if (image) return image;
  const other = unreadFormat(bytes);
  if (other !== undefined) {
    const what = other ? `: this is ${other}. ${adviceOn(other)}` : '.';
    throw new ImageError('not-an-image', `Not an image that can be read${what}`, where);
  }
  const plain =
    (await largeJpeg(bytes, limitsToReduce(reduce, limits), where)) ?? (await decodePlainJpeg(bytes, limits, where));
  if (plain) return plain;
  const open = await openSharp(bytes);
  const refuse = async (): Promise<void> => {
    const { width, height } = await open()
      .metadata()
      .catch((error: unknown) => {
        throw new ImageError(
          'not-an-image',
          'Not an image that can be read: its header is damaged, or it is of an unusual kind. Save it again as JPEG or PNG.',
          where,
          error,
        );
      });
    refuseLarge({ width, height }, limits, where);
  };
  // asking the library for the size takes a fifth of a small photo's time, so it is asked only if the header does not
  // tell, or decoding fails
  const size = sizeInHeader(bytes);
  if (size) refuseLarge(size, limits, where);
  else await refuse();
  try {
    return await rgbOf(await ofUsualRange(bytes, open));
  } catch (error) {
    if (size) await refuse();
    throw new ImageError('unreadable', 'The image is damaged or incomplete.', where, error);
  }
}

/** Bitmaps and portable pixmaps, which sharp does not read; `undefined` for everything else. */
function decodeSimple(bytes: Uint8Array, limits: DecodeLimits, where?: string): RgbImage | undefined {
  try {
    const bmp = bmpHeader(bytes);
    if (bmp) refuseLarge(bmp, limits, where);
    if (bmp) return decodeBmp(bytes, bmp);
    const pnm = pnmHeader(bytes);
    if (pnm) refuseLarge(pnm, limits, where);
    return pnm && decodePnm(bytes, pnm);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError('unreadable', `Cannot read the image: ${messageOf(error)}.`, where, error);
  }
}

/** A JPEG over these limits at a fraction of its size, if the caller can use that. */
async function largeJpeg(
  bytes: Uint8Array,
  limits: DecodeLimits | undefined,
  where?: string,
): Promise<DecodedImage | undefined> {
  const header = limits && jpegHeader(bytes);
  if (!header?.byLine || !isOverLimits(header, limits!)) return undefined;
  try {
    return await decodeReduced(bytes, header, limits!);
  } catch (error) {
    throw new ImageError('unreadable', 'The image is damaged or incomplete.', where, error);
  }
}

/** Larger photos would block the main thread for too long; sharp decodes them on another one. */
const MOST_ON_MAIN_THREAD = 2 ** 19;

/** Uses this thread's JPEG decoder; `undefined` if the photo is left to sharp. */
async function decodePlainJpeg(bytes: Uint8Array, limits: DecodeLimits, where?: string): Promise<RgbImage | undefined> {
  const header = jpegHeader(bytes);
  if (!header?.plain) return undefined;
  refuseLarge(header, limits, where);
  const { width, height } = header;
  if (isMainThread && width * height > MOST_ON_MAIN_THREAD) return undefined;
  const data = new Uint8Array(width * height * 3);
  return (await jpegDecoder()).decode(bytes, header, data) ? { width, height, data } : undefined;
}

/** Limits the threads of one decoding or encoding call in this thread; by default libvips uses all cores. */
export async function limitImageThreads(threads: number): Promise<void> {
  const { default: sharp } = await import('sharp');
  sharp.concurrency(threads);
}

/** JPEG with OpenCV's default quality of 95, or lossless PNG. */
export async function encodeImage(image: RgbImage, format: 'jpeg' | 'png' = 'jpeg', quality = 95): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const raw = sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } });
  return asBytes(await (format === 'png' ? raw.png() : raw.jpeg({ quality })).toBuffer());
}

const asBytes = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
