/**
 * JPEG encoders for small images. libjpeg-turbo (an optional dependency) takes a tenth of a millisecond for 112 × 112;
 * sharp takes more than ten times as long. The binding only offers the fast DCT, so the two give different bytes:
 * whoever writes many images records which encoder was used.
 */
import type * as turboModule from '@julusian/jpeg-turbo';
import type { RgbImage } from '@facewright/core';
import { encodeImage } from './image-file.js';

export interface JpegEncoder {
  /** To be recorded: other encoders give different bytes for the same pixels. */
  readonly name: 'libjpeg-turbo' | 'sharp';
  /** 4:2:0, quality 0 to 100. */
  encode(image: RgbImage, quality?: number): Promise<Uint8Array>;
}

type Turbo = typeof turboModule;

/** The fastest encoder that can be loaded, or the named one; throws if that fails. */
export async function openJpegEncoder(name?: JpegEncoder['name']): Promise<JpegEncoder> {
  const turbo = name === 'sharp' ? undefined : await loadTurbo(name !== undefined);
  if (!turbo) return { name: 'sharp', encode: (image, quality) => encodeImage(image, 'jpeg', quality) };
  // the binding needs space for the largest possible file of a size; it is reused for the next image
  let room = Buffer.alloc(0);
  let roomFor = { width: 0, height: 0 };
  return {
    name: 'libjpeg-turbo',
    encode: async ({ width, height, data }, quality = 95) => {
      if (data.length !== width * height * 3)
        throw new RangeError(`${width} × ${height} RGB pixels are ${width * height * 3} bytes, got ${data.length}`);
      const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const options = { width, height, format: turbo.FORMAT_RGB, subsampling: turbo.SAMP_420, quality };
      if (width > roomFor.width || height > roomFor.height) {
        roomFor = { width: Math.max(width, roomFor.width), height: Math.max(height, roomFor.height) };
        room = Buffer.allocUnsafeSlow(turbo.bufferSize({ ...options, ...roomFor }));
      }
      return new Uint8Array(turbo.compressSync(raw, room, options));
    },
  };
}

async function loadTurbo(required: boolean): Promise<Turbo | undefined> {
  try {
    const loaded = (await import('@julusian/jpeg-turbo')) as Turbo & { default?: Turbo };
    return loaded.default ?? loaded;
  } catch (error) {
    if (required) throw error;
    return undefined;
  }
}
