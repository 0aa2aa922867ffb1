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

/** The lists that `alikePictures` yields. */
export const PARTS = BANDS;

/**
 * The pairs of pictures whose hashes differ in at most 15 bits, each once, in one list per band. Such hashes are equal
 * in at least one of the 16 bands, so only pictures that share a band are compared: of aligned faces, four pairs in a
 * thousand.
 */
export function* alikePictures(
  hashes: readonly Uint16Array[],
  others: readonly Uint16Array[] = hashes,
): Generator<readonly (readonly [a: number, b: number])[]> {
  for (let band = 0; band < BANDS; band++) {
    const right = sortedBy(others, band);
    const left = others === hashes ? right : sortedBy(hashes, band);
    const pairs: [number, number][] = [];
    for (let word = 0; word < 2 ** 16; word++) comparePictures(left, right, word, pairs);
    const isFirst = ([a, b]: readonly [number, number]): boolean =>
      !hashes[a].some((own, k) => k < band && own === others[b][k]);
    yield pairs.filter(isFirst);
  }
}

interface Sorted {
  /** Pictures in order of their word in a band; those with the word w are at `starts[w]` up to `starts[w + 1]`. */
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
  /** The hashes in that order, `WORDS` words of 32 bits each: neighbours in memory are compared several times faster. */
  readonly packed: Uint32Array;
}

const WORDS = BANDS / 2;

function sortedBy(hashes: readonly Uint16Array[], band: number): Sorted {
  const starts = new Uint32Array(2 ** 16 + 1);
  for (const hash of hashes) starts[hash[band] + 1]++;
  for (let word = 0; word < 2 ** 16; word++) starts[word + 1] += starts[word];
  const next = starts.slice();
  const order = new Uint32Array(hashes.length);
  const packed = new Uint32Array(hashes.length * WORDS);
  hashes.forEach((hash, index) => {
    const place = next[hash[band]]++;
    order[place] = index;
    for (let word = 0; word < WORDS; word++) packed[place * WORDS + word] = (hash[2 * word] << 16) | hash[2 * word + 1];
  });
  return { starts, order, packed };
}

/** Adds the close pairs among the pictures that have this word in the band, the later picture from `right`. */
function comparePictures(left: Sorted, right: Sorted, word: number, pairs: [number, number][]): void {
  const end = right.starts[word + 1];
  let first = right.starts[word];
  for (let place = left.starts[word]; place < left.starts[word + 1]; place++) {
    const a = left.order[place];
    while (first < end && right.order[first] <= a) first++;
    for (let other = first; other < end; other++)
      if (areClose(left.packed, place * WORDS, right.packed, other * WORDS)) pairs.push([a, right.order[other]]);
  }
}

function areClose(left: Uint32Array, a: number, right: Uint32Array, b: number): boolean {
  let bits = 0;
  for (let word = 0; word < WORDS && bits < BANDS; word++) bits += onesIn(left[a + word] ^ right[b + word]);
  return bits < BANDS;
}

/** Of a word of 32 bits. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
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
