/** The pixels that the three nets are fed: a photo at a scale, and crops of it, as float32 (v − 127.5) / 128. */
import type { RgbImage } from '@facewright/core';
import { Kernels } from '../kernels/module.js';
import { areaTable, blockScaleOf, cropTables, isShrunkByWeights, resizeArea, resizeCrop, type AxisTable, type CropWindow } from '../resize.js';

/** [height, width, 3], row-major. */
export interface NetImage {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

export interface PhotoPixels {
  /** The photo shrunk (or grown) to a size. */
  scaled(width: number, height: number): NetImage;
  /** Crops as [n, side, side, 3]. */
  crops(windows: readonly CropWindow[], side: number): Float32Array;
}

/** Makes the pixels of one photo after another. What it gives is valid until the next call, which may write in the same memory. */
export type PixelMaker = (photo: RgbImage) => PhotoPixels;

const NORMALISED = Float32Array.from({ length: 256 }, (_, value) => (value - 127.5) * 0.0078125);

/** The reference. */
export const plainPixels: PixelMaker = (photo) => ({
  scaled(width, height) {
    const { data } = resizeArea(photo, width, height);
    const values = new Float32Array(data.length);
    for (let i = 0; i < values.length; i++) values[i] = NORMALISED[data[i]];
    return { width, height, values };
  },
  crops(windows, side) {
    const size = side * side * 3;
    const out = new Float32Array(windows.length * size);
    windows.forEach((window, index) => resizeCrop(photo, window, side, out, index * size));
    return out;
  },
});

/** A photo that needed more leaves its memory behind: a single huge one does not stay in memory for the rest of the run. */
const MAX_BYTES = 256 * 2 ** 20;

/** With the kernels where they can run, else the plain code; the same numbers. */
export function createPixelMaker(): PixelMaker {
  let kernels = Kernels.open();
  if (!kernels) return plainPixels;
  let resident: RgbImage | undefined;
  let photoAt = 0;
  let after = 0;

  /** The kernels with this photo in their memory and all else free. */
  const withPhoto = (photo: RgbImage): Kernels => {
    if (resident !== photo) {
      if (kernels!.byteLength > MAX_BYTES) kernels = Kernels.open();
      kernels!.reset();
      photoAt = kernels!.put(photo.data);
      after = kernels!.mark();
      resident = photo;
    }
    kernels!.reset(after);
    return kernels!;
  };
  const put = (to: Kernels, { start, first, weights }: AxisTable): [number, number, number] => [to.put(start), to.put(first), to.put(weights)];

  return (photo) => {
    // an object of its own: the same pixels in the same buffer later may be another photo
    const own = { ...photo };
    const plain = plainPixels(own);
    return {
      scaled(width, height) {
        if (!isShrunkByWeights(own, width, height)) return plain.scaled(width, height);
        const to = withPhoto(own);
        const columns = put(to, areaTable(own.width, width));
        const rows = put(to, areaTable(own.height, height));
        const [line, sum, out] = [to.room(width * 16), to.room(width * 16), to.room(width * height * 12)];
        to.run.shrink(photoAt, own.width, width, height, ...columns, ...rows, line, sum, out);
        return { width, height, values: to.floats(out, width * height * 3) };
      },
      crops(windows, side) {
        const to = withPhoto(own);
        const size = side * side * 3;
        const [line, sum, out] = [to.room(side * 32), to.room(side * 32), to.room(windows.length * size * 4)];
        const free = to.mark();
        windows.forEach((window, index) => {
          to.reset(free);
          const tables = cropTables(window, side);
          const columns = put(to, tables.columns);
          const rows = tables.rows === tables.columns ? columns : put(to, tables.rows);
          const { left, top, right, bottom, offsetX, offsetY } = window;
          to.run.crop(photoAt, own.width, left, top, right, bottom, offsetX, offsetY, side, blockScaleOf(window, side), ...columns, ...rows, line, sum, out + index * size * 4);
        });
        return to.floats(out, windows.length * size);
      },
    };
  };
}
