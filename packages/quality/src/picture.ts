/** Measures taken from the pixels of one image: a hash that survives re-encoding, and its sharpness. */
import type { RgbImage } from '@facewright/core';

/** Bits of a hash per side: 16 × 16 differences of neighbouring cells. */
const CELLS = 16;
const BANDS = 16;

export interface Picture {
  /** 256 bits, one word per band: `hash[band]` has 16 of them. */
  readonly hash: Uint16Array;
  /** Of the horizontally mirrored image. */
  readonly mirrored: Uint16Array;
  /** Variance of the Laplacian of its grey values (Pech-Pacheco et al. 2000). Low: blurred. */
  readonly sharpness: number;
}

export function lookAt(image: RgbImage): Picture {
  const grey = greyOf(image);
  const { width, height } = image;
  const mirrored = grey.map((_, i) => grey[i - (i % width) + (width - 1 - (i % width))]);
  return {
    hash: hashOf(shrink(grey, width, height, CELLS + 1, CELLS)),
    mirrored: hashOf(shrink(mirrored, width, height, CELLS + 1, CELLS)),
    sharpness: sharpnessOf(grey, width, height),
  };
}

/** Number of bits in which two hashes differ, out of 256. */
export const differingBits = (a: Uint16Array, b: Uint16Array): number =>
  a.reduce((sum, word, band) => sum + onesIn(word ^ b[band]), 0);

/**
 * The pairs of pictures whose hashes differ in at most 15 bits, each once. Such hashes are equal in at least one of the
 * 16 bands, so only pictures that share a band are compared: of aligned faces, four pairs in a thousand.
 */
export function* alikePictures(
  hashes: readonly Uint16Array[],
  others: readonly Uint16Array[] = hashes,
): Generator<readonly [a: number, b: number]> {
  const left = packed(hashes);
  const right = others === hashes ? left : packed(others);
  for (let band = 0; band < BANDS; band++) {
    const { starts, order } = sortedBy(right, band);
    for (let a = 0; a < hashes.length; a++) {
      const bits = left[a * BANDS + band];
      for (let place = starts[bits]; place < starts[bits + 1]; place++)
        if (order[place] > a && areAlike(left, a, right, order[place], band)) yield [a, order[place]];
    }
  }
}

/** All hashes in one array, because looking each up somewhere else takes longer than comparing it. */
function packed(hashes: readonly Uint16Array[]): Uint16Array {
  const all = new Uint16Array(hashes.length * BANDS);
  hashes.forEach((hash, index) => all.set(hash, index * BANDS));
  return all;
}

/** Pictures in order of their word in a band; those with the word w are at `starts[w]` up to `starts[w + 1]`. */
function sortedBy(hashes: Uint16Array, band: number): { starts: Uint32Array; order: Uint32Array } {
  const starts = new Uint32Array(2 ** 16 + 1);
  for (let at = band; at < hashes.length; at += BANDS) starts[hashes[at] + 1]++;
  for (let word = 0; word < 2 ** 16; word++) starts[word + 1] += starts[word];
  const next = starts.slice();
  const order = new Uint32Array(hashes.length / BANDS);
  for (let index = 0; index < order.length; index++) order[next[hashes[index * BANDS + band]]++] = index;
  return { starts, order };
}

/** For two pictures that share a band: whether it is the first they share, and their hashes are close. */
function areAlike(left: Uint16Array, a: number, right: Uint16Array, b: number, band: number): boolean {
  let bits = 0;
  for (let word = 0; word < BANDS && bits < BANDS; word++) {
    const differing = left[a * BANDS + word] ^ right[b * BANDS + word];
    if (differing === 0 && word < band) return false;
    bits += onesIn(differing);
  }
  return bits < BANDS;
}

/** Of a word of 16 bits. */
function onesIn(word: number): number {
  const pairs = word - ((word >> 1) & 0x5555);
  const fours = (pairs & 0x3333) + ((pairs >> 2) & 0x3333);
  return ((((fours + (fours >> 4)) & 0x0f0f) * 0x0101) >> 8) & 0x1f;
}

/** Luma of BT.601, 0 to 255. */
function greyOf({ width, height, data }: RgbImage): Float64Array {
  const grey = new Float64Array(width * height);
  for (let i = 0; i < grey.length; i++)
    grey[i] = 0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2];
  return grey;
}

/** Means over cells. */
function shrink(grey: Float64Array, width: number, height: number, columns: number, rows: number): Float64Array {
  const cells = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = range(row, rows, height);
    for (let column = 0; column < columns; column++) {
      const [left, right] = range(column, columns, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += grey[y * width + x];
      cells[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return cells;
}

function range(part: number, parts: number, length: number): [number, number] {
  const start = Math.floor((part * length) / parts);
  return [start, Math.max(start + 1, Math.floor(((part + 1) * length) / parts))];
}

/** Bits are distributed over the bands in turn, so that no band is entirely inside a black border. */
function hashOf(cells: Float64Array): Uint16Array {
  const hash = new Uint16Array(BANDS);
  for (let bit = 0; bit < CELLS * CELLS; bit++) {
    const [row, column] = [Math.floor(bit / CELLS), bit % CELLS];
    const at = row * (CELLS + 1) + column;
    const band = (bit + row) % BANDS;
    if (cells[at + 1] > cells[at]) hash[band] |= 1 << row;
  }
  return hash;
}

function sharpnessOf(grey: Float64Array, width: number, height: number): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const value = grey[at - 1] + grey[at + 1] + grey[at - width] + grey[at + width] - 4 * grey[at];
      sum += value;
      squares += value * value;
      count++;
    }
  }
  return count ? squares / count - (sum / count) ** 2 : 0;
}
