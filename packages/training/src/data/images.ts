/** Turns a dataset's images into a model's input: decoded once if they fit in memory, resized, scaled, mirrored. */
import { hostTensor, ofColour, type Dataset, type HostTensor, type Model, type RgbImage } from '@facewright/core';
import { fitPixels } from './resize.js';

export interface ImageStore {
  /** RGB bytes of a sample at the model's input size. */
  pixels(sample: number): Promise<Uint8Array>;
}

/**
 * Caches decoded images if all `count` of them fit into `cacheBytes`. Caches nothing for a larger set, because every
 * epoch has a different order.
 */
export function createImageStore(
  dataset: Pick<Dataset, 'read'>,
  model: Pick<Model, 'inputSize'>,
  count: number,
  cacheBytes = 512 * 2 ** 20,
): ImageStore {
  const [height, width] = model.inputSize;
  const kept = count * height * width * 3 <= cacheBytes ? new Map<number, Uint8Array>() : undefined;
  return {
    async pixels(sample) {
      const known = kept?.get(sample);
      if (known) return known;
      const pixels = fitPixels(await dataset.read(sample), model.inputSize);
      kept?.set(sample, pixels);
      return pixels;
    },
  };
}

/** Float32 images [n, height, width, 3], scaled as the model expects, from RGB bytes of its input size. `mirrored[i]` flips image i horizontally. */
export function inputTensor(
  pixels: readonly Uint8Array[],
  { inputSize: [height, width], inputScale }: Pick<Model, 'inputSize' | 'inputScale'>,
  mirrored?: readonly boolean[],
): HostTensor {
  const { offset, scale } = inputScale ?? { offset: 127.5, scale: 1 / 127.5 };
  const [red, green, blue] = [0, 1, 2].map((colour) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - ofColour(offset, colour)) * ofColour(scale, colour)),
  );
  const size = height * width * 3;
  const data = new Float32Array(pixels.length * size);
  pixels.forEach((image, index) => {
    const place = data.subarray(index * size, (index + 1) * size);
    if (mirrored?.[index]) scaleMirrored(image, [red, green, blue], place, width);
    else {
      for (let i = 0; i < size; i += 3) {
        place[i] = red[image[i]];
        place[i + 1] = green[image[i + 1]];
        place[i + 2] = blue[image[i + 2]];
      }
    }
  });
  return hostTensor([pixels.length, height, width, 3], data);
}

function scaleMirrored(
  image: Uint8Array,
  [red, green, blue]: readonly Float32Array[],
  to: Float32Array,
  width: number,
): void {
  for (let row = 0; row < to.length; row += width * 3) {
    for (let x = row, from = row + (width - 1) * 3; from >= row; x += 3, from -= 3) {
      to[x] = red[image[from]];
      to[x + 1] = green[image[from + 1]];
      to[x + 2] = blue[image[from + 2]];
    }
  }
}

/** The same for RGB images of any size. */
export const inputFromImages = (
  images: readonly RgbImage[],
  model: Pick<Model, 'inputSize' | 'inputScale'>,
  mirrored = false,
): HostTensor =>
  inputTensor(
    images.map((image) => fitPixels(image, model.inputSize)),
    model,
    images.map(() => mirrored),
  );
