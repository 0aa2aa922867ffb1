/**
 * Decodes and encodes photos with sharp; jpeg/ decodes plain JPEGs, bmp.ts and pnm.ts bitmaps and portable pixmaps.
 * Decodes like `cv2.imread` (EXIF orientation applied, ICC profile ignored) to 8-bit RGB: alpha is composited onto
 * black, grey and CMYK are converted.
 */
import { ImageError, refuseLarge, refuseManyBytes, type DecodeLimits } from '../image-decoding.js';
import { messageOf, type RgbImage } from '@facewright/core';
import { bmpHeader, decodeBmp } from './bmp.js';
import { unreadFormat } from './image-formats.js';
import { sizeInHeader } from './image-size.js';
import { jpegDecoder } from './jpeg/decoder.js';
import { jpegHeader } from './jpeg/header.js';
import { decodePnm, pnmHeader } from './pnm.js';
import { isMainThread } from 'node:worker_threads';

export { ImageError, type DecodeLimits } from '../image-decoding.js';

/**
 * Throws an `ImageError` for anything but a complete image within the limits. The decoding library's message is only
 * its `cause`: it comes from a buffer that all threads write to, and lists of photos must not depend on that.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { where, ...limits }: DecodeLimits & { where?: string } = {},
): Promise<RgbImage> {
  if (bytes.length === 0) throw new ImageError('not-an-image', 'The file is empty.', where);
  refuseManyBytes(bytes.length, limits, where);
  const image = decodeSimple(bytes, limits, where);
  if (image) return image;
  const other = unreadFormat(bytes);
  if (other !== undefined) {
    const what = other && `: this is ${other}. Convert it to JPEG or PNG`;
    throw new ImageError('not-an-image', `Not an image that can be read${what}.`, where);
  }
  const plain = await decodePlainJpeg(bytes, limits, where);
  if (plain) return plain;
  const { default: sharp } = await import('sharp');
  const open = () => sharp(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: false });
  const refuse = async (): Promise<void> => {
    const { width, height } = await open()
      .metadata()
      .catch((error: unknown) => {
        throw new ImageError('not-an-image', 'Not an image that can be read.', where, error);
      });
    refuseLarge({ width, height }, limits, where);
  };
  // asking the library for the size takes a fifth of a small photo's time, so it is asked only if the header does not
  // tell, or decoding fails
  const size = sizeInHeader(bytes);
  if (size) refuseLarge(size, limits, where);
  else await refuse();
  try {
    const { data, info } = await open()
      .autoOrient()
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

function greyToRgb(data: Uint8Array, channels: number): Uint8Array {
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) rgb.fill(data[i * channels], i * 3, i * 3 + 3);
  return rgb;
}
