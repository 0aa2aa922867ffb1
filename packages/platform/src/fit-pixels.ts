/**
 * Pixels as a model's input: fitted to its size, and flipped for augmentation.
 *
 * Fits an aligned image to a model's input: crops the largest centred part with the input's proportions and averages
 * over the area of each new pixel. From 112×112 to 112×96 this cuts 8 pixels from each side, which is exactly how the
 * two InsightFace templates differ.
 */
import type { RgbImage } from '@facewright/core';

/** RGB bytes of `height` × `width`. Enlarging is bilinear. Returns the image's own bytes if it already has that size. */
export function fitPixels(image: RgbImage, [height, width]: readonly [height: number, width: number]): Uint8Array {
  if (image.width === width && image.height === height) return image.data;
  const scale = Math.max(width / image.width, height / image.height);
  const columns = tapsFor(image.width, width, width / scale);
  const rows = tapsFor(image.height, height, height / scale);

  const { data } = image;
  const narrowed = new Float32Array(image.height * width * 3);
  for (let y = 0, to = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const { first, weights } = columns[x];
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = 0, at = (y * image.width + first) * 3; k < weights.length; k++, at += 3) {
        red += weights[k] * data[at];
        green += weights[k] * data[at + 1];
        blue += weights[k] * data[at + 2];
      }
      narrowed[to] = red;
      narrowed[to + 1] = green;
      narrowed[to + 2] = blue;
    }
  }
  const fitted = new Uint8Array(height * width * 3);
  const stride = width * 3;
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y];
    for (let i = 0; i < stride; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * narrowed[(first + k) * stride + i];
      fitted[y * stride + i] = sum + 0.5; // storing it truncates to an integer
    }
  }
  return fitted;
}

/** Flips RGB bytes horizontally, in place. `width` in pixels. */
export function mirrorPixels(pixels: Uint8Array, width: number): void {
  if (LITTLE_ENDIAN && width % 4 === 0 && pixels.byteOffset % 4 === 0)
    mirrorWords(new Int32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4), (width / 4) * 3);
  else mirrorBytes(pixels, width * 3);
}

function mirrorBytes(pixels: Uint8Array, stride: number): void {
  for (let row = 0; row < pixels.length; row += stride) {
    for (let left = row, right = row + stride - 3; left < right; left += 3, right -= 3) {
      const red = pixels[left];
      const green = pixels[left + 1];
      const blue = pixels[left + 2];
      pixels[left] = pixels[right];
      pixels[left + 1] = pixels[right + 1];
      pixels[left + 2] = pixels[right + 2];
      pixels[right] = red;
      pixels[right + 1] = green;
      pixels[right + 2] = blue;
    }
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The same for four pixels at a time, which are three words: a third of the time. In memory, the words rgbr gbrg brgb of
 * the pixels 0 1 2 3 become those of 3 2 1 0.
 */
function mirrorWords(words: Int32Array, stride: number): void {
  for (let row = 0; row < words.length; row += stride) {
    for (let left = row, right = row + stride - 3; left <= right; left += 3, right -= 3) {
      const a = words[left];
      const b = words[left + 1];
      const c = words[left + 2];
      const d = words[right];
      const e = words[right + 1];
      const f = words[right + 2];
      words[right] = (c >>> 8) | ((b & 0xff0000) << 8);
      words[right + 1] = (b >>> 24) | ((c & 0xff) << 8) | ((a >>> 24) << 16) | (b << 24);
      words[right + 2] = ((b >>> 8) & 0xff) | (a << 8);
      words[left] = (f >>> 8) | ((e & 0xff0000) << 8);
      words[left + 1] = (e >>> 24) | ((f & 0xff) << 8) | ((d >>> 24) << 16) | (e << 24);
      words[left + 2] = ((e >>> 8) & 0xff) | (d << 8);
    }
  }
}

/** The source pixels that contribute to one new pixel along an axis. The weights sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** Caches the axes seen so far: the images of a dataset have few different sizes. */
const knownTaps = new Map<string, readonly Taps[]>();

/** Maps the centred `used` of `length` source pixels to `count` new ones. */
function tapsFor(length: number, count: number, used: number): readonly Taps[] {
  const key = `${length}/${count}/${used}`;
  const known = knownTaps.get(key);
  if (known) return known;
  if (knownTaps.size >= 64) knownTaps.clear();
  const start = (length - used) / 2;
  const step = used / count;
  const taps = Array.from({ length: count }, (_, index) =>
    step > 1 ? areaTaps(length, start + index * step, step) : linearTaps(length, start + (index + 0.5) * step - 0.5),
  );
  knownTaps.set(key, taps);
  return taps;
}

function areaTaps(length: number, from: number, step: number): Taps {
  // shrunk slightly, so that rounding never touches a pixel outside the area
  const first = Math.max(0, Math.floor(from + 1e-9));
  const last = Math.min(length - 1, Math.ceil(from + step - 1e-9) - 1);
  const covered = Array.from(
    { length: last - first + 1 },
    (_, k) => Math.min(from + step, first + k + 1) - Math.max(from, first + k),
  );
  const sum = covered.reduce((total, part) => total + part, 0);
  return { first, weights: Float64Array.from(covered, (part) => part / sum) };
}

function linearTaps(length: number, position: number): Taps {
  const at = Math.min(Math.max(position, 0), length - 1);
  const first = Math.floor(at);
  const rest = at - first;
  return { first, weights: rest > 0 ? Float64Array.of(1 - rest, rest) : Float64Array.of(1) };
}
