/**
 * Resizing like OpenCV's INTER_AREA, number for number, because MTCNN's published results were made with it. Shrinking
 * weights every source pixel by the fraction that the target pixel covers. As soon as one axis grows, both are
 * interpolated linearly between the pixels whose areas meet. Weights are float32. 8-bit images are summed in float32
 * and rounded half to even; crops are summed in float64 and not rounded (the Python ports hold crops as float64
 * arrays).
 */
import type { RgbImage } from '@facewright/core';
import { halfEven } from './half-even.js';

/**
 * Which source pixels contribute to each target pixel along one axis: `weights[first[i] … first[i + 1])` for the pixels
 * from `start[i]` on.
 */
export interface AxisTable {
  readonly start: Int32Array;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/** Smaller weights are dropped, as in OpenCV. */
const NEGLIGIBLE = 1e-3;

/** OpenCV computes the ratio through its inverse, and its last bit affects the weights. */
const ratio = (source: number, target: number): number => 1 / (target / source);

export function areaTable(source: number, target: number): AxisTable {
  const scale = ratio(source, target);
  const start = new Int32Array(target);
  const first = new Int32Array(target + 1);
  const weights = new Float32Array(source + 2 * target);
  let count = 0;
  for (let i = 0; i < target; i++) {
    const from = i * scale;
    const to = from + scale;
    const width = Math.min(scale, source - from);
    const last = Math.min(Math.floor(to), source - 1);
    const whole = Math.min(Math.ceil(from), last);
    start[i] = whole;
    if (whole - from > NEGLIGIBLE) {
      start[i] = whole - 1;
      weights[count++] = (whole - from) / width;
    }
    for (let pixel = whole; pixel < last; pixel++) weights[count++] = 1 / width;
    if (to - last > NEGLIGIBLE) weights[count++] = Math.min(Math.min(to - last, 1), width) / width;
    first[i + 1] = count;
  }
  return { start, first, weights: weights.slice(0, count) };
}

/** Two source pixels per target pixel; the second has weight 0 at the far edge. */
function linearTable(source: number, target: number): AxisTable {
  const inverse = target / source;
  const scale = 1 / inverse;
  const start = new Int32Array(target);
  const first = Int32Array.from({ length: target + 1 }, (_, i) => 2 * i);
  const weights = new Float32Array(2 * target);
  for (let i = 0; i < target; i++) {
    const pixel = Math.floor(i * scale);
    const reach = Math.fround(i + 1 - (pixel + 1) * inverse);
    let share = reach <= 0 ? 0 : Math.fround(reach - Math.floor(reach));
    start[i] = pixel;
    if (pixel >= source - 1) {
      share = 0;
      start[i] = source - 1;
    }
    weights[2 * i] = 1 - share;
    weights[2 * i + 1] = share;
  }
  return { start, first, weights };
}

/** The 8-bit image resized to `width` × `height`. */
export function resizeArea(image: RgbImage, width: number, height: number): RgbImage {
  if (width === image.width && height === image.height) return image;
  if (width > image.width || height > image.height) return enlarge(image, width, height);
  const [stepX, stepY] = [ratio(image.width, width), ratio(image.height, height)];
  if (isWhole(stepX) && isWhole(stepY))
    return averageBlocks(image, width, height, Math.round(stepX), Math.round(stepY));
  return shrink(image, width, height);
}

/** Whether this is weighted shrinking, rather than enlarging, averaging whole blocks, or no change. */
export function isShrunkByWeights(image: RgbImage, width: number, height: number): boolean {
  if ((width === image.width && height === image.height) || width > image.width || height > image.height) return false;
  return !(isWhole(ratio(image.width, width)) && isWhole(ratio(image.height, height)));
}

const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < Number.EPSILON;

/** Rounds half to even and clamps to 0 to 255, as assignment to a Uint8ClampedArray does. */
const rounded = (length: number): Uint8ClampedArray => new Uint8ClampedArray(length);
const asImage = (width: number, height: number, data: Uint8ClampedArray): RgbImage => ({
  width,
  height,
  data: new Uint8Array(data.buffer),
});

function shrink({ width: sourceWidth, height: sourceHeight, data }: RgbImage, width: number, height: number): RgbImage {
  const columns = areaTable(sourceWidth, width);
  const rows = areaTable(sourceHeight, height);
  const out = rounded(width * height * 3);
  const sum = new Float32Array(width * 3);
  for (let y = 0; y < height; y++) {
    const from = rows.first[y];
    for (let k = from; k < rows.first[y + 1]; k++) {
      addRow(data, (rows.start[y] + k - from) * sourceWidth * 3, columns, width, rows.weights[k], sum, k === from);
    }
    out.set(sum, y * width * 3);
  }
  return asImage(width, height, out);
}

/** `sum` (+)= `weight` × the source row at `offset`, shrunk to `width`. Every operation rounds to float32. */
function addRow(
  data: Uint8Array,
  offset: number,
  { start, first, weights }: AxisTable,
  width: number,
  weight: number,
  sum: Float32Array,
  fresh: boolean,
): void {
  const fround = Math.fround;
  for (let x = 0; x < width; x++) {
    let r = fround(0);
    let g = fround(0);
    let b = fround(0);
    let p = offset + start[x] * 3;
    for (let k = first[x]; k < first[x + 1]; k++, p += 3) {
      const w = weights[k];
      r = fround(r + fround(data[p] * w));
      g = fround(g + fround(data[p + 1] * w));
      b = fround(b + fround(data[p + 2] * w));
    }
    const q = x * 3;
    if (fresh) {
      sum[q] = r * weight;
      sum[q + 1] = g * weight;
      sum[q + 2] = b * weight;
    } else {
      sum[q] = sum[q] + fround(r * weight);
      sum[q + 1] = sum[q + 1] + fround(g * weight);
      sum[q + 2] = sum[q + 2] + fround(b * weight);
    }
  }
}

/** Integer ratios: integer sums. OpenCV rounds the 2×2 case half up, the others half to even. */
function averageBlocks(
  { width: sourceWidth, data }: RgbImage,
  width: number,
  height: number,
  stepX: number,
  stepY: number,
): RgbImage {
  const out = rounded(width * height * 3);
  const halves = stepX === 2 && stepY === 2;
  const scale = Math.fround(1 / (stepX * stepY));
  const blockSum = (first: number): number => {
    let sum = 0;
    for (let dy = 0; dy < stepY; dy++) {
      let p = first + dy * sourceWidth * 3;
      for (let dx = 0; dx < stepX; dx++, p += 3) sum += data[p];
    }
    return sum;
  };
  for (let y = 0, q = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++, q++) {
        const sum = blockSum((y * stepY * sourceWidth + x * stepX) * 3 + channel);
        out[q] = halves ? (sum + 2) >> 2 : Math.fround(sum * scale);
      }
    }
  }
  return asImage(width, height, out);
}

/** Enlarging 8-bit images by INTER_AREA. */
const enlarge = (image: RgbImage, width: number, height: number): RgbImage =>
  interpolate(image, linearTable(image.width, width), linearTable(image.height, height));

/**
 * `cv2.resize` with its default method: INTER_LINEAR on 8-bit images. OpenCV averages if both sides are exactly halved,
 * which gives the same numbers.
 */
export function resizeLinear(image: RgbImage, width: number, height: number): RgbImage {
  if (width === image.width && height === image.height) return image;
  return interpolate(image, centredTable(image.width, width, true), centredTable(image.height, height, false));
}

/**
 * Two source pixels per target pixel, by their centres. Beyond the edges OpenCV sets the second column's weight to 0
 * (`clamped`), but uses the outermost row twice, with both weights, which rounds differently; `start` is then −1 for
 * the first rows.
 */
function centredTable(source: number, target: number, clamped: boolean): AxisTable {
  const scale = ratio(source, target);
  const start = new Int32Array(target);
  const weights = new Float32Array(2 * target);
  for (let i = 0; i < target; i++) {
    const centre = Math.fround((i + 0.5) * scale - 0.5);
    const pixel = Math.floor(centre);
    const inside = !clamped || (pixel >= 0 && pixel < source - 1);
    const share = inside ? Math.fround(centre - pixel) : 0;
    start[i] = clamped ? Math.max(0, Math.min(source - 1, pixel)) : pixel;
    weights.set([1 - share, share], 2 * i);
  }
  return { start, first: Int32Array.from({ length: target + 1 }, (_, i) => 2 * i), weights };
}

/** Interpolates between two pixels of each axis with 11-bit fixed-point weights, like OpenCV's linear resize. */
function interpolate(
  { width: sourceWidth, height: sourceHeight, data }: RgbImage,
  across: AxisTable,
  down: AxisTable,
): RgbImage {
  const fixed = ({ start, weights }: AxisTable) => ({
    start,
    weights: Int32Array.from(weights, (weight) => halfEven(Math.fround(weight * 2048))),
  });
  const [columns, rows] = [fixed(across), fixed(down)];
  const [width, height] = [columns.start.length, rows.start.length];
  const out = rounded(width * height * 3);
  for (let y = 0, q = 0; y < height; y++) {
    const upper = Math.max(0, rows.start[y]) * sourceWidth * 3;
    const lower = Math.min(rows.start[y] + 1, sourceHeight - 1) * sourceWidth * 3;
    for (let x = 0; x < width; x++) {
      const left = columns.start[x] * 3;
      const right = Math.min(columns.start[x] + 1, sourceWidth - 1) * 3;
      const [a, b] = [columns.weights[2 * x], columns.weights[2 * x + 1]];
      for (let channel = 0; channel < 3; channel++, q++) {
        const top = data[upper + left + channel] * a + data[upper + right + channel] * b;
        const bottom = data[lower + left + channel] * a + data[lower + right + channel] * b;
        out[q] =
          ((((top >> 4) * rows.weights[2 * y]) >> 16) + (((bottom >> 4) * rows.weights[2 * y + 1]) >> 16) + 2) >> 2;
      }
    }
  }
  return asImage(width, height, out);
}

/** A crop for R- and O-Net: a rectangle of the image, with 0 where it extends outside. */
export interface CropWindow {
  /** Size of the crop. */
  readonly width: number;
  readonly height: number;
  /** The part of the image it contains, [left, right) and [top, bottom), and where that part starts in the crop. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** The hundreds of crops of a photo share few sizes, so a limited number of tables is cached. */
const keptTables = new Map<number, AxisTable>();
const MAX_TABLES = 1024;

function cropTable(shrinks: boolean, source: number, side: number): AxisTable {
  const key = (source * 1024 + side) * 2 + (shrinks ? 1 : 0);
  let table = keptTables.get(key);
  if (!table) {
    if (keptTables.size >= MAX_TABLES) keptTables.clear();
    table = shrinks ? areaTable(source, side) : linearTable(source, side);
    keptTables.set(key, table);
  }
  return table;
}

const isShrunk = (crop: CropWindow, side: number): boolean => crop.width >= side && crop.height >= side;

/** The tables of both axes; the same object if they are equal. */
export function cropTables(crop: CropWindow, side: number): { readonly columns: AxisTable; readonly rows: AxisTable } {
  const shrinks = isShrunk(crop, side);
  const columns = cropTable(shrinks, crop.width, side);
  return { columns, rows: crop.height === crop.width ? columns : cropTable(shrinks, crop.height, side) };
}

/**
 * For integer ratios, the factor for unweighted integer sums, so that only this multiplication rounds; 0 if weights are
 * used.
 */
export function blockScaleOf(crop: CropWindow, side: number): number {
  const [x, y] = [ratio(crop.width, side), ratio(crop.height, side)];
  return isShrunk(crop, side) && isWhole(x) && isWhole(y) ? Math.fround(1 / (Math.round(x) * Math.round(y))) : 0;
}

/** The crop resized to `side` × `side` and scaled to (v − 127.5) / 128, written to `out` at offset `at`. */
export function resizeCrop(image: RgbImage, crop: CropWindow, side: number, out: Float32Array, at: number): void {
  const { columns, rows } = cropTables(crop, side);
  const blockScale = blockScaleOf(crop, side);
  const line = new Float64Array(side * 3);
  const sum = new Float64Array(side * 3);
  for (let y = 0; y < side; y++) {
    sum.fill(0);
    const from = rows.first[y];
    for (let k = from; k < rows.first[y + 1]; k++) {
      const row = rows.start[y] + k - from - crop.offsetY + crop.top;
      if (row < crop.top || row >= crop.bottom) continue; // outside the image: zeros
      cropRow(image, row, crop, columns, side, line, blockScale > 0);
      const weight = blockScale > 0 ? 1 : rows.weights[k];
      for (let i = 0; i < line.length; i++) sum[i] += line[i] * weight;
    }
    const scale = blockScale > 0 ? blockScale : 1;
    for (let i = 0, q = at + y * side * 3; i < sum.length; i++, q++) out[q] = (sum[i] * scale - 127.5) * 0.0078125;
  }
}

function cropRow(
  { width, data }: RgbImage,
  row: number,
  crop: CropWindow,
  columns: AxisTable,
  side: number,
  line: Float64Array,
  unweighted: boolean,
): void {
  const shift = crop.left - crop.offsetX;
  const base = row * width * 3;
  for (let x = 0, q = 0; x < side; x++, q += 3) {
    let r = 0;
    let g = 0;
    let b = 0;
    let column = columns.start[x] + shift;
    for (let k = columns.first[x]; k < columns.first[x + 1]; k++, column++) {
      if (column < crop.left || column >= crop.right) continue;
      const weight = unweighted ? 1 : columns.weights[k];
      const p = base + column * 3;
      r += data[p] * weight;
      g += data[p + 1] * weight;
      b += data[p + 2] * weight;
    }
    line[q] = r;
    line[q + 1] = g;
    line[q + 2] = b;
  }
}
