/**
 * Turns a dataset's images into a model's input. Sets that fit in memory are decoded once; larger ones are read batch
 * by batch, in threads if the dataset has them.
 */
import {
  byteTensor,
  hostTensor,
  type BatchReader,
  type ByteTensor,
  type Dataset,
  type HostTensor,
  type Model,
  type RgbImage,
} from '@facewright/core';
import { fitPixels, mirrorPixels, workInProgress } from '@facewright/platform';
import { levelTables } from '../step/image-input.js';
import { limitConcurrency } from './concurrency.js';

export interface ImageStore {
  /**
   * RGB bytes [n, height, width, 3] of these samples at the model's input size, with those in `mirrored` flipped
   * horizontally.
   */
  read(samples: ArrayLike<number>, mirrored?: ArrayLike<boolean>): Promise<Uint8Array>;
  /** As of a `BatchReader`; missing if images are cached or read one by one. */
  readonly prefetch?: BatchReader['prefetch'];
  /** Waits for reads in progress. */
  close(): Promise<void>;
}

export interface ImageStoreOptions {
  /** Number of images in the set. All of them are cached if they take at most `cacheBytes`. */
  readonly count: number;
  readonly cacheBytes?: number;
  /** Images read concurrently, or reading threads. */
  readonly workers?: number;
}

/** Smaller sets are decoded once and kept. */
export const CACHE_BYTES = 512 * 2 ** 20;

/** Far more than the decoding threads: while a step occupies the main thread, each image waits for its next turn there. */
const IN_FLIGHT = 96;

/** A set that does not fit in memory is not cached at all, because every epoch has a different order. */
export function createImageStore(
  dataset: Pick<Dataset, 'read' | 'openBatchReader'>,
  { inputSize }: Pick<Model, 'inputSize'>,
  { count, cacheBytes = CACHE_BYTES, workers }: ImageStoreOptions,
): ImageStore {
  const fits = count * inputSize[0] * inputSize[1] * 3 <= cacheBytes;
  const reader = fits ? undefined : dataset.openBatchReader?.({ size: inputSize, threads: workers });
  return reader ?? oneByOne(dataset, inputSize, { keep: fits, workers });
}

function oneByOne(
  dataset: Pick<Dataset, 'read'>,
  inputSize: Model['inputSize'],
  { keep, workers = IN_FLIGHT }: { readonly keep: boolean; readonly workers?: number },
): ImageStore {
  const kept = new Map<number, Uint8Array>();
  const whenFree = limitConcurrency(Math.max(1, workers));
  const work = workInProgress();
  const pixelsOf = async (sample: number): Promise<Uint8Array> => {
    const known = kept.get(sample);
    if (known) return known;
    const pixels = fitPixels(await dataset.read(sample), inputSize);
    if (keep) kept.set(sample, pixels);
    return pixels;
  };
  return {
    read(samples, mirrored) {
      const images = Promise.all(Array.from(samples, (sample) => whenFree(() => pixelsOf(sample))));
      return work.add(images).then((all) => packed(all, inputSize, mirrored));
    },
    close: work.ended,
  };
}

/** Images of one size as one array [n, height, width, 3]. */
function packed(
  images: readonly Uint8Array[],
  [height, width]: Model['inputSize'],
  mirrored?: ArrayLike<boolean>,
): Uint8Array {
  const size = height * width * 3;
  const batch = new Uint8Array(images.length * size);
  images.forEach((image, index) => {
    const place = batch.subarray(index * size, (index + 1) * size);
    place.set(image);
    if (mirrored?.[index]) mirrorPixels(place, width);
  });
  return batch;
}

/** Float32 images [n, height, width, 3], scaled as the model expects, from RGB bytes of its input size. */
export function inputTensor(pixels: Uint8Array, model: Pick<Model, 'inputSize' | 'inputScale'>): HostTensor {
  const [red, green, blue] = levelTables(model);
  const data = new Float32Array(pixels.length);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red[pixels[i]];
    data[i + 1] = green[pixels[i + 1]];
    data[i + 2] = blue[pixels[i + 2]];
  }
  return hostTensor(shapeOf(pixels, model), data);
}

/** The same as bytes, for engines that take them. */
export const inputBytes = (pixels: Uint8Array, model: Pick<Model, 'inputSize'>): ByteTensor =>
  byteTensor(shapeOf(pixels, model), pixels);

const shapeOf = ({ length }: Uint8Array, { inputSize: [height, width] }: Pick<Model, 'inputSize'>): number[] => [
  length / (height * width * 3),
  height,
  width,
  3,
];

/** Images of any size as RGB bytes of the model's input size. */
const fitted = (images: readonly RgbImage[], { inputSize }: Pick<Model, 'inputSize'>, mirrored = false): Uint8Array =>
  packed(
    images.map((image) => fitPixels(image, inputSize)),
    inputSize,
    images.map(() => mirrored),
  );

/** The same for images of any size. */
export const bytesFromImages = (images: readonly RgbImage[], model: Pick<Model, 'inputSize'>): ByteTensor =>
  inputBytes(fitted(images, model), model);
export const inputFromImages = (
  images: readonly RgbImage[],
  model: Pick<Model, 'inputSize' | 'inputScale'>,
  mirrored = false,
): HostTensor => inputTensor(fitted(images, model, mirrored), model);
