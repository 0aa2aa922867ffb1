/**
 * The box arithmetic of MTCNN, with the "+ 1" conventions of the original (kpzhang93/MTCNN_face_detection_alignment,
 * MTCNNv1): a box from x1 to x2 is x2 − x1 + 1 pixels wide, except in the regression after P-Net.
 */
import type { CropWindow } from '../resize.js';

export interface Candidate {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Probability of a face, [0, 1]. */
  readonly score: number;
}

/**
 * A candidate with its network's output: corner offsets as fractions of its width and height, and landmarks for O-Net.
 */
export interface Proposal extends Candidate {
  readonly offsets: readonly [number, number, number, number];
}

/**
 * The candidates that no better one kept overlaps by more than `threshold`, best first, equal scores in the given
 * order. `union`: intersection over union; `min`: intersection over the smaller area, which also drops boxes inside
 * others.
 */
export function suppress<T extends Candidate>(candidates: readonly T[], threshold: number, mode: 'union' | 'min'): T[] {
  const count = candidates.length;
  const sorted = [...candidates].sort(byScore);
  const [x1, y1, x2, y2, area] = [
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
  ];
  for (let i = 0; i < count; i++) {
    const box = sorted[i];
    x1[i] = box.x1;
    y1[i] = box.y1;
    x2[i] = box.x2;
    y2[i] = box.y2;
    area[i] = (box.x2 - box.x1 + 1) * (box.y2 - box.y1 + 1);
  }
  const { ranks, sides } = byLeftSide(x1);
  const dropped = new Uint8Array(count);
  const kept: T[] = [];
  for (let i = 0; i < count; i++) {
    if (dropped[i]) continue;
    kept.push(sorted[i]);
    // The IoU can exceed the threshold only if the shared part of the widths exceeds that fraction of either width, so
    // left edges are at most (1 / threshold − 1) widths apart: of hundreds of boxes, only a few.
    const reach = mode === 'union' ? (x2[i] - x1[i] + 1) * (1 / threshold - 1) + 1 : Infinity;
    const to = firstFrom(sides, x1[i] + reach);
    for (let at = firstFrom(sides, x1[i] - reach); at < to; at++) {
      const j = ranks[at];
      if (j <= i || dropped[j]) continue;
      const width = Math.min(x2[i], x2[j]) - Math.max(x1[i], x1[j]) + 1;
      const height = Math.min(y2[i], y2[j]) - Math.max(y1[i], y1[j]) + 1;
      if (width <= 0 || height <= 0) continue;
      const shared = width * height;
      const overlap = mode === 'min' ? shared / Math.min(area[i], area[j]) : shared / (area[i] + area[j] - shared);
      if (overlap > threshold) dropped[j] = 1;
    }
  }
  return kept;
}

/** Relies on a stable sort. */
const byScore = (a: Candidate, b: Candidate): number => b.score - a.score;

/** Boxes sorted by left edge. */
function byLeftSide(x1: Float64Array): { readonly ranks: Int32Array; readonly sides: Float64Array } {
  const ranks = new Int32Array(x1.length);
  for (let rank = 0; rank < ranks.length; rank++) ranks[rank] = rank;
  ranks.sort((a, b) => x1[a] - x1[b]);
  const sides = new Float64Array(x1.length);
  for (let at = 0; at < sides.length; at++) sides[at] = x1[ranks[at]];
  return { ranks, sides };
}

/** Index of the first element that is not below `value`. */
function firstFrom(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Moves the corners by the network's offsets. `extra` is added to width and height: 0 after P-Net, 1 after the others.
 */
export function regress<T extends Proposal>(box: T, extra: 0 | 1): T {
  const width = box.x2 - box.x1 + extra;
  const height = box.y2 - box.y1 + extra;
  const [left, top, right, bottom] = box.offsets;
  return {
    ...box,
    x1: box.x1 + left * width,
    y1: box.y1 + top * height,
    x2: box.x2 + right * width,
    y2: box.y2 + bottom * height,
  };
}

/** The square with the longer side and the same centre. */
export function square<T extends Candidate>(box: T): T {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  const side = Math.max(width, height);
  const x1 = box.x1 + width * 0.5 - side * 0.5;
  const y1 = box.y1 + height * 0.5 - side * 0.5;
  return { ...box, x1, y1, x2: x1 + side, y2: y1 + side };
}

/** Truncates corners to whole pixels, towards zero (MATLAB's fix). */
export function fixed<T extends Candidate>(box: T): T {
  return { ...box, x1: Math.trunc(box.x1), y1: Math.trunc(box.y1), x2: Math.trunc(box.x2), y2: Math.trunc(box.y2) };
}

/**
 * The crop of a truncated box. The original counts pixels from 1, so its x1 is the pixel before ours. `undefined` if
 * the box is empty or completely outside the image.
 */
export function cropWindow(box: Candidate, imageWidth: number, imageHeight: number): CropWindow | undefined {
  const [x, y] = [box.x1 - 1, box.y1 - 1];
  const [left, top] = [Math.max(x, 0), Math.max(y, 0)];
  const [right, bottom] = [Math.min(box.x2, imageWidth), Math.min(box.y2, imageHeight)];
  if (right <= left || bottom <= top) return undefined;
  return { width: box.x2 - x, height: box.y2 - y, left, top, right, bottom, offsetX: left - x, offsetY: top - y };
}
