/**
 * MTCNN by the rules of the Python package `mtcnn` 0.1.0 (ipazc/mtcnn at 3208d44), which equal those of facenet's
 * `align/detect_face.py`: P-Net over an image pyramid, its boxes suppressed and refined by R-Net, then by O-Net, which
 * also gives the five points.
 */
import {
  hostTensor,
  landmarksFrom,
  throwIfAborted,
  type Detector,
  type Engine,
  type Executable,
  type Face,
  type Point,
  type RgbImage,
} from '@facewright/core';
import { cropWindow, fixed, regress, square, suppress, type Candidate, type Proposal } from './boxes.js';
import { netTensors } from './layout.js';
import { CELL, compileNets, ONET_SIDE, ONET_WIDTH, PROPOSAL_WIDTH, RNET_SIDE, STRIDE } from './nets.js';
import { createPixelMaker, type PhotoPixels } from './photo-pixels.js';
import { answersOver, pyramidScales, type AnswerBand } from './pyramid.js';
import type { CropWindow } from '../resize.js';
import { detectByRules1 } from './rules-1.js';
import type { MtcnnWeights } from './weights-file.js';

export interface MtcnnSettings {
  /** Which version of the Python package to follow; the original project used `0.1`, the default. */
  readonly rules?: '0.1' | '1.0';
  /** Side of the smallest face to look for, in pixels. */
  readonly minFace: number;
  /** Ratio between neighbouring scales of the pyramid. */
  readonly factor: number;
  /** Minimum probabilities after P-, R- and O-Net. */
  readonly thresholds: readonly [pnet: number, rnet: number, onet: number];
  /**
   * `truncate`: whole pixels as the Python package reports them (0.1: truncated towards zero, the box's corner at least
   * 0; 1.0: rounded); `none`: the networks' unrounded output.
   */
  readonly rounding: 'truncate' | 'none';
}

interface DetectedFace extends Proposal {
  readonly points: readonly Point[];
}

/** Crops per run, so that the layers' outputs stay in the CPU cache. */
const RNET_BATCH = 16;
const ONET_BATCH = 4;

export function createMtcnn(
  engine: Engine,
  weights: MtcnnWeights,
  settings: MtcnnSettings,
  signal?: AbortSignal,
): Detector {
  const { rules = '0.1', minFace, factor, thresholds, rounding } = settings;
  const [forPnet, forRnet, forOnet] = thresholds;
  const nets = compileNets(engine, netTensors(weights.numbers));
  const pixelsOf = createPixelMaker();

  async function propose({ width, height }: RgbImage, pixels: PhotoPixels): Promise<Candidate[]> {
    const found: Proposal[] = [];
    const scales = pyramidScales(width, height, minFace, factor);
    let level = 0;
    for (const image of pixels.levels(
      scales.map((scale) => ({ width: Math.ceil(width * scale), height: Math.ceil(height * scale) })),
    )) {
      const proposals: Proposal[] = [];
      for await (const band of answersOver(image, nets.pnet)) {
        throwIfAborted(signal);
        addProposals(band, scales[level], forPnet, proposals);
      }
      proposals.sort(byColumn);
      found.push(...suppress(proposals, 0.5, 'union'));
      level++;
    }
    return suppress(found, 0.7, 'union').map(proposedSquare);
  }

  async function refine(image: RgbImage, pixels: PhotoPixels, candidates: readonly Candidate[]): Promise<Candidate[]> {
    const passed = await passing(image, pixels, candidates, nets.rnet, RNET_SIDE, RNET_BATCH, forRnet, proposalOf);
    return suppress(passed, 0.7, 'union').map(refinedSquare);
  }

  async function conclude(
    image: RgbImage,
    pixels: PhotoPixels,
    candidates: readonly Candidate[],
  ): Promise<DetectedFace[]> {
    const passed = await passing(
      image,
      pixels,
      candidates,
      nets.onet,
      ONET_SIDE,
      ONET_BATCH,
      forOnet,
      (box, score, answer): DetectedFace => ({ ...proposalOf(box, score, answer), points: pointsOf(box, answer) }),
    );
    return suppress(
      passed.map((box) => regress(box, 1)),
      0.7,
      'min',
    );
  }

  async function detectOne(image: RgbImage): Promise<Face[]> {
    if (rules === '1.0')
      return detectByRules1(
        image,
        nets,
        { minFace, factor, thresholds, rounding: rounding === 'truncate' ? 'whole' : 'none' },
        signal,
      );
    const pixels = pixelsOf(image);
    const faces = await conclude(image, pixels, await refine(image, pixels, await propose(image, pixels)));
    return faces.map(rounding === 'truncate' ? truncatedFace : exactFace);
  }

  let last: Promise<unknown> = Promise.resolve();
  return {
    fingerprint: `mtcnn-${rules} min-face=${minFace} factor=${factor} thresholds=${thresholds.join(',')} rounding=${rounding} weights=${weights.sha256.slice(0, 16)}`,
    detect(image) {
      // one photo at a time: the networks read kernel output from memory that the next photo reuses
      const faces = last.then(() => detectOne(image));
      last = faces.catch(() => undefined);
      return faces;
    },
    dispose() {
      for (const net of Object.values(nets)) net.dispose();
    },
  };
}

// Loops and module functions instead of closures, because V8 discards compiled code for those on every full garbage
// collection.

/** Column by column, in the reference's order. */
const byColumn = (a: Candidate, b: Candidate): number => a.x1 - b.x1 || a.y1 - b.y1;
const proposedSquare = (box: Proposal): Candidate => fixed(square(regress(box, 0)));
const refinedSquare = (box: Proposal): Candidate => fixed(square(regress(box, 1)));

/**
 * softmax([other, face])[1] from face − other, in float64: in float32 the best scores would tie, and their order would
 * be arbitrary.
 */
const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

const proposalOf = (box: Candidate, score: number, answer: Float32Array): Proposal => ({
  ...box,
  score,
  offsets: [answer[1], answer[2], answer[3], answer[4]],
});

/** The cells above the threshold. */
function addProposals(
  { row, columns, answers }: AnswerBand,
  scale: number,
  threshold: number,
  found: Proposal[],
): void {
  const least = Math.log(threshold / (1 - threshold)) - 1e-3; // avoids the exponential for nearly all cells
  for (let at = 0; at < answers.length; at += PROPOSAL_WIDTH) {
    if (answers[at] < least) continue;
    const score = probability(answers[at]);
    if (score < threshold) continue;
    const cell = at / PROPOSAL_WIDTH;
    const [x, y] = [STRIDE * (cell % columns), STRIDE * (row + Math.floor(cell / columns))];
    found.push({
      x1: Math.trunc((x + 1) / scale),
      y1: Math.trunc((y + 1) / scale),
      x2: Math.trunc((x + CELL) / scale),
      y2: Math.trunc((y + CELL) / scale),
      score,
      offsets: [answers[at + 1], answers[at + 2], answers[at + 3], answers[at + 4]],
    });
  }
}

/** The results of `read` for the candidates whose score in the network's answer is above `threshold`. */
async function passing<T>(
  image: RgbImage,
  pixels: PhotoPixels,
  candidates: readonly Candidate[],
  net: Executable,
  side: number,
  batch: number,
  threshold: number,
  read: (box: Candidate, score: number, answer: Float32Array) => T,
): Promise<T[]> {
  const boxes: Candidate[] = [];
  const windows: CropWindow[] = [];
  for (const box of candidates) {
    const window = cropWindow(box, image.width, image.height);
    if (!window) continue;
    boxes.push(box);
    windows.push(window);
  }
  const passed: T[] = [];
  for (let from = 0; from < boxes.length; from += batch) {
    const some = windows.slice(from, from + batch);
    const { answers } = await net.run({ images: hostTensor([some.length, 3, side, side], pixels.crops(some, side)) });
    const width = answers.shape[1];
    for (let index = 0; index < some.length; index++) {
      const score = probability(answers.data[index * width]);
      if (score > threshold)
        passed.push(
          read(boxes[from + index], score, (answers.data as Float32Array).subarray(index * width, (index + 1) * width)),
        );
    }
  }
  return passed;
}

/** The landmarks from fractions of the square box. The reference stores them as float32. */
function pointsOf(box: Candidate, answer: Float32Array): Point[] {
  const [width, height] = [box.x2 - box.x1 + 1, box.y2 - box.y1 + 1];
  const xs = answer.subarray(PROPOSAL_WIDTH, PROPOSAL_WIDTH + 5);
  const ys = answer.subarray(PROPOSAL_WIDTH + 5, ONET_WIDTH);
  return Array.from(xs, (x, index): Point => [
    Math.fround(width * x + box.x1 - 1),
    Math.fround(height * ys[index] + box.y1 - 1),
  ]);
}

function truncatedFace({ x1, y1, x2, y2, score, points }: DetectedFace): Face {
  const [x, y] = [Math.max(0, Math.trunc(x1)), Math.max(0, Math.trunc(y1))];
  const box = { x, y, width: Math.trunc(x2 - x), height: Math.trunc(y2 - y) };
  return {
    box,
    confidence: score,
    landmarks: landmarksFrom(points.map(([px, py]): Point => [Math.trunc(px), Math.trunc(py)])),
  };
}

function exactFace({ x1, y1, x2, y2, score, points }: DetectedFace): Face {
  return {
    box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 },
    confidence: score,
    landmarks: landmarksFrom(points),
  };
}
