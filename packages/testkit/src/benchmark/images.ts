/** Benchmarks of the parts that work on photos. */
import {
  createRandom,
  landmarkPoints,
  landmarksFrom,
  type ConfiguredPlugin,
  type Landmarks,
  type RgbImage,
} from '@facewright/core';
import { create, type ContextOptions } from '../support/context.js';
import { textured } from '../support/images.js';
import { measure, type BenchmarkOptions, type Figures } from './measure.js';

export interface ImageBenchmarkOptions extends BenchmarkOptions, ContextOptions {
  /** What each is timed on; default: one drawn photo. */
  readonly photo?: RgbImage;
}

/** A texture of 640 by 480 pixels. It holds no face: give detectors a photo of your own. */
const drawn = (): RgbImage => textured(640, 480, 'benchmark');

/** Times `detect` on one photo: `benchmarkDetector([mine(), mtcnn({ weights })], { engine: onnx(), photo })`. */
export async function benchmarkDetector(
  plugins: readonly ConfiguredPlugin<'detector'>[],
  options: ImageBenchmarkOptions = {},
): Promise<Figures[]> {
  const { photo = drawn() } = options;
  const candidates = plugins.map(async (plugin) => {
    const detector = await create(plugin, options);
    return { name: plugin.meta.name, run: () => detector.detect(photo), dispose: () => detector.dispose?.() };
  });
  return measure(await Promise.all(candidates), options);
}

/** Times `align` on one face of 200 pixels, turned a little: `benchmarkAligner([mine(), fivePoint()])`. */
export async function benchmarkAligner(
  plugins: readonly ConfiguredPlugin<'aligner'>[],
  options: ImageBenchmarkOptions = {},
): Promise<Figures[]> {
  const { photo = drawn() } = options;
  const candidates = plugins.map(async (plugin) => {
    const aligner = await create(plugin, options);
    return { name: plugin.meta.name, run: () => aligner.align(photo, face(photo)) };
  });
  return measure(await Promise.all(candidates), options);
}

/** Times `augment` on an aligned image of 112 pixels: `benchmarkAugmenter([mine(), opening()])`. */
export async function benchmarkAugmenter(
  plugins: readonly ConfiguredPlugin<'augmenter'>[],
  options: ImageBenchmarkOptions = {},
): Promise<Figures[]> {
  const { photo = textured(112, 112, 'benchmark') } = options;
  const random = createRandom('benchmark');
  const candidates = plugins.map(async (plugin) => {
    const augmenter = await create(plugin, options);
    return { name: plugin.meta.name, run: () => augmenter.augment(photo, random) };
  });
  return measure(await Promise.all(candidates), options);
}

/** Landmarks of a face in the middle of the photo. */
function face({ width, height }: RgbImage): Landmarks {
  const upright = landmarksFrom([
    [-38, -40],
    [38, -40],
    [0, 2],
    [-31, 45],
    [31, 45],
  ]);
  const [cos, sin] = [Math.cos(0.2), Math.sin(0.2)];
  return landmarksFrom(
    landmarkPoints(upright).map(([x, y]) => [width / 2 + cos * x - sin * y, height / 2 + sin * x + cos * y] as const),
  );
}
