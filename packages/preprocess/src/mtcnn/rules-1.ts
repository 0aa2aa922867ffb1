/**
 * MTCNN by the rules of the Python package `mtcnn` 1.0.0 (ipazc/mtcnn, `stages/` and `utils/`), which differ from 0.1
 * in every step: nothing is truncated to whole pixels between the networks, P-Net's offsets are applied before boxes
 * are compared, a box is dropped if any better one overlaps it (even if that one is dropped too), and crops are
 * bilinear.
 */
import {
  hostTensor,
  landmarksFrom,
  throwIfAborted,
  type Executable,
  type Face,
  type Point,
  type RgbImage,
} from '@facewright/core';
import { halfEven } from '../half-even.js';
import { square, type Candidate } from './boxes.js';
import { CELL, ONET_SIDE, ONET_WIDTH, PROPOSAL_WIDTH, RNET_SIDE, STRIDE } from './nets.js';
import type { NetName } from './layout.js';
import type { NetImage } from './photo-pixels.js';
import { answersOver } from './pyramid.js';

interface Settings {
  readonly minFace: number;
  readonly factor: number;
  readonly thresholds: readonly [pnet: number, rnet: number, onet: number];
  readonly rounding: 'whole' | 'none';
}
interface Found extends Candidate {
  readonly points: readonly Point[];
}

/** Faces in order of decreasing confidence. */
export async function detectByRules1(
  image: RgbImage,
  nets: Readonly<Record<NetName, Executable>>,
  { minFace, factor, thresholds, rounding }: Settings,
  signal?: AbortSignal,
): Promise<Face[]> {
  const [forPnet, forRnet, forOnet] = thresholds;
  const proposals: Candidate[] = [];
  for (const scale of scalesOf(image, minFace, factor)) {
    throwIfAborted(signal);
    const [width, height] = [Math.floor(image.width * scale), Math.floor(image.height * scale)];
    if (Math.min(width, height) < CELL) continue;
    const found: Candidate[] = [];
    for await (const { row, columns, answers } of answersOver(shrunk(image, width, height), nets.pnet)) {
      for (let at = 0; at < answers.length; at += PROPOSAL_WIDTH) {
        const [logit, left, top, right, bottom] = answers.subarray(at, at + PROPOSAL_WIDTH);
        const score = probability(logit);
        if (score <= forPnet) continue;
        const cell = at / PROPOSAL_WIDTH;
        const [x, y, side] = [STRIDE * (cell % columns), STRIDE * (row + Math.floor(cell / columns)), CELL - 1];
        found.push({
          x1: (x + 1 + left * side) / scale,
          y1: (y + 1 + top * side) / scale,
          x2: (x + CELL + right * side) / scale,
          y2: (y + CELL + bottom * side) / scale,
          score,
        });
      }
    }
    proposals.push(...thinned(found, 0.5, 'union'));
  }
  const forRefining = thinned(proposals, 0.7, 'union').map(square);
  const refined = (await answersFor(image, forRefining, nets.rnet, RNET_SIDE))
    .map(({ box, answer }) => regressed(box, answer))
    .filter(({ score }) => score > forRnet);
  const forConclusion = thinned(refined, 0.7, 'union').map(square);
  const concluded = (await answersFor(image, forConclusion, nets.onet, ONET_SIDE))
    .map(({ box, answer }): Found => ({ ...regressed(box, answer), points: pointsOf(box, answer) }))
    .filter(({ score }) => score > forOnet);
  return thinned(concluded, 0.7, 'min').map((found) => faceOf(found, image, rounding));
}

/** in float32 like TensorFlow, so that the same scores tie */
const probability = (logit: number): number => Math.fround(1 / (1 + Math.exp(-logit)));

function scalesOf({ width, height }: RgbImage, minFace: number, factor: number): number[] {
  const count = halfEven(-(Math.log(Math.min(width, height) / CELL) / Math.log(factor) + 1));
  return Array.from({ length: Math.max(0, count) }, (_, index) => (CELL / minFace) * factor ** index);
}

/**
 * Those that no better one overlaps by more than `threshold`, best first. Ties are in reverse order, as in numpy's
 * reversed sort.
 */
function thinned<T extends Candidate>(candidates: readonly T[], threshold: number, mode: 'union' | 'min'): T[] {
  const order = candidates
    .map((box, index) => ({ box, index }))
    .sort((a, b) => b.box.score - a.box.score || b.index - a.index)
    .map(({ box }) => box);
  const area = ({ x1, y1, x2, y2 }: Candidate): number => (x2 - x1) * (y2 - y1);
  return order.filter((box, rank) => {
    for (let i = 0; i < rank; i++) {
      const other = order[i];
      const shared =
        Math.max(0, Math.min(box.x2, other.x2) - Math.max(box.x1, other.x1)) *
        Math.max(0, Math.min(box.y2, other.y2) - Math.max(box.y1, other.y1));
      if (shared / (mode === 'union' ? area(box) + area(other) - shared : Math.min(area(box), area(other))) > threshold)
        return false;
    }
    return true;
  });
}

function regressed({ x1, y1, x2, y2 }: Candidate, answer: Float32Array): Candidate {
  const [width, height] = [x2 - x1 + 1, y2 - y1 + 1];
  return {
    x1: x1 + answer[1] * width,
    y1: y1 + answer[2] * height,
    x2: x2 + answer[3] * width,
    y2: y2 + answer[4] * height,
    score: probability(answer[0]),
  };
}

function pointsOf({ x1, y1, x2, y2 }: Candidate, answer: Float32Array): Point[] {
  const [width, height] = [x2 - x1 + 1, y2 - y1 + 1];
  return Array.from({ length: 5 }, (_, i): Point => [
    width * answer[PROPOSAL_WIDTH + i] + x1 - 1,
    height * answer[(PROPOSAL_WIDTH + ONET_WIDTH) / 2 + i] + y1 - 1,
  ]);
}

function faceOf(
  { x1, y1, x2, y2, score, points }: Found,
  { width, height }: RgbImage,
  rounding: Settings['rounding'],
): Face {
  const within = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit - 1);
  const round = rounding === 'whole' ? halfEven : (value: number): number => value;
  const [left, top] = [within(x1, width), within(y1, height)];
  const box = {
    x: round(left),
    y: round(top),
    width: round(within(x2, width) - left),
    height: round(within(y2, height) - top),
  };
  return { box, confidence: score, landmarks: landmarksFrom(points.map(([x, y]): Point => [round(x), round(y)])) };
}

/** Crops per run. */
const BATCH = 128;

async function answersFor(
  image: RgbImage,
  boxes: readonly Candidate[],
  net: Executable,
  side: number,
): Promise<{ box: Candidate; answer: Float32Array }[]> {
  const answered: { box: Candidate; answer: Float32Array }[] = [];
  for (let from = 0; from < boxes.length; from += BATCH) {
    const some = boxes.slice(from, from + BATCH);
    const values = new Float32Array(some.length * side * side * 3);
    some.forEach((box, index) => cropBilinear(image, box, side, values.subarray(index * side * side * 3)));
    const { answers } = await net.run({ images: hostTensor([some.length, 3, side, side], values) });
    const width = answers.shape[1];
    some.forEach((box, index) =>
      answered.push({ box, answer: (answers.data as Float32Array).slice(index * width, (index + 1) * width) }),
    );
  }
  return answered;
}

/**
 * TensorFlow's crop_and_resize: corners at the centres of the corner pixels, in float32, with 0 outside (after scaling,
 * not as a grey level).
 */
function cropBilinear({ width, height, data }: RgbImage, box: Candidate, side: number, out: Float32Array): void {
  const along = (from: number, to: number, size: number): number[] => {
    const [a, b] = [Math.fround(from / size), Math.fround(to / size)];
    const step = Math.fround(Math.fround(Math.fround(b - a) * (size - 1)) / (side - 1));
    return Array.from({ length: side }, (_, i) => Math.fround(Math.fround(a * (size - 1)) + Math.fround(i * step)));
  };
  const [xs, ys] = [along(box.x1, box.x2, width), along(box.y1, box.y2, height)];
  ys.forEach((y, row) => {
    if (y < 0 || y > height - 1) return;
    const [top, bottom] = [Math.floor(y) * width, Math.ceil(y) * width];
    const down = y - Math.floor(y);
    xs.forEach((x, column) => {
      if (x < 0 || x > width - 1) return;
      const [left, right] = [Math.floor(x), Math.ceil(x)];
      const across = x - left;
      for (let channel = 0; channel < 3; channel++) {
        const value = (line: number, at: number): number => (data[(line + at) * 3 + channel] - 127.5) / 128;
        const upper = value(top, left) + (value(top, right) - value(top, left)) * across;
        const lower = value(bottom, left) + (value(bottom, right) - value(bottom, left)) * across;
        out[(channel * side + row) * side + column] = upper + (lower - upper) * down;
      }
    });
  });
}

/** TensorFlow's area resizing of a float image: every pixel is weighted by the covered area. */
function shrunk({ width: sourceWidth, height: sourceHeight, data }: RgbImage, width: number, height: number): NetImage {
  const spans = (source: number, target: number): { from: number; weights: number[] }[] => {
    const scale = Math.fround(source / target);
    return Array.from({ length: target }, (_, i) => {
      const [begin, end] = [Math.fround(i * scale), Math.fround((i + 1) * scale)];
      const from = Math.floor(begin);
      const to = Math.min(Math.ceil(end), source);
      return {
        from,
        weights: Array.from(
          { length: to - from },
          (_, k) => (Math.min(from + k + 1, end) - Math.max(from + k, begin)) / scale,
        ),
      };
    });
  };
  const [columns, rows] = [spans(sourceWidth, width), spans(sourceHeight, height)];
  const values = new Float32Array(width * height * 3);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      let [r, g, b] = [0, 0, 0];
      row.weights.forEach((down, dy) => {
        let p = ((row.from + dy) * sourceWidth + column.from) * 3;
        for (const across of column.weights) {
          const weight = down * across;
          r += weight * data[p++];
          g += weight * data[p++];
          b += weight * data[p++];
        }
      });
      [r, g, b].forEach((sum, channel) => (values[(y * 3 + channel) * width + x] = (sum - 127.5) / 128));
    });
  });
  return { width, height, values };
}
