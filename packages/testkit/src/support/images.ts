/** Pictures for tests, drawn from seeds. */
import { createRandom, type RgbImage } from '@facewright/core';

/** A uniform colour. */
export function plain(width: number, height: number, [red, green, blue]: readonly [number, number, number]): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([red, green, blue], i);
  return { width, height, data };
}

/** Independent values from 0 to 255. */
export function noise(width: number, height: number, seed: string): RgbImage {
  const random = createRandom(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

/** Gradients, a disc and fine grain: structure at every scale. */
export function textured(width: number, height: number, seed: string): RgbImage {
  const random = createRandom(seed);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = Math.hypot(x - width / 2, y - height / 2) < Math.min(width, height) / 4 ? 60 : 0;
      data.set(
        [
          (160 * x) / width + disc + random.integer(30),
          (160 * y) / height + disc + random.integer(30),
          disc + random.integer(150),
        ],
        (y * width + x) * 3,
      );
    }
  }
  return { width, height, data };
}

/**
 * Black with one white Gaussian spot of the given radius (standard deviation) at a point, which may be between pixels.
 */
export function spot(width: number, height: number, [x0, y0]: readonly [number, number], radius: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = 255 * Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * radius * radius));
      data.fill(Math.round(value), (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, data };
}

/** The centroid of a spot's light. */
export function centroid({ width, height, data }: RgbImage): [x: number, y: number] {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[(y * width + x) * 3];
      sum += value;
      sumX += value * x;
      sumY += value * y;
    }
  }
  return [sumX / sum, sumY / sum];
}
