/** The input of the three networks: the photo at all scales, and crops of it, as float32 (v − 127.5) / 128. */
import type { RgbImage } from '@facewright/core';
import { Kernels } from '../kernels/module.js';
import {
  areaTable,
  blockScaleOf,
  cropTables,
  isShrunkByWeights,
  resizeArea,
  resizeCrop,
  type AxisTable,
  type CropWindow,
} from '../resize.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** [height, 3, width], row-major, so that a band of rows for P-Net is contiguous. */
export interface NetImage extends Size {
  readonly values: Float32Array;
}

export interface PhotoPixels {
  /** The photo resized to each of the sizes. */
  levels(sizes: readonly Size[]): Iterable<NetImage>;
  /** Crops as [n, 3, side, side]. */
  crops(windows: readonly CropWindow[], side: number): Float32Array;
}

/**
 * Computes the pixels of one photo after another. Results are valid until the next request, which may reuse their
 * memory.
 */
export type PixelMaker = (photo: RgbImage) => PhotoPixels;

const NORMALISED = Float32Array.from({ length: 256 }, (_, value) => (value - 127.5) * 0.0078125);

/** The reference implementation. */
export const plainPixels: PixelMaker = (photo) => ({
  *levels(sizes) {
    for (const { width, height } of sizes) {
      const { data } = resizeArea(photo, width, height);
      const values = new Float32Array(data.length);
      for (let y = 0, i = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let channel = 0; channel < 3; channel++, i++)
            values[(y * 3 + channel) * width + x] = NORMALISED[data[i]];
      yield { width, height, values };
    }
  },
  crops(windows, side) {
    const cells = side * side;
    const out = new Float32Array(windows.length * cells * 3);
    const crop = new Float32Array(cells * 3);
    windows.forEach((window, index) => {
      resizeCrop(photo, window, side, crop, 0);
      for (let cell = 0; cell < cells; cell++)
        for (let plane = 0; plane < 3; plane++) out[(index * 3 + plane) * cells + cell] = crop[cell * 3 + plane];
    });
    return out;
  },
});

/**
 * If a photo needs more than this, its memory is released afterwards, so a single huge photo does not occupy it for the
 * rest of the run.
 */
const MAX_BYTES = 256 * 2 ** 20;
/** Levels up to this total size are computed together, so all but large photos are read only once. */
const TOGETHER_BYTES = 64 * 2 ** 20;
/** Kernel memory reserved for tables shared by crops of successive photos. */
const TABLE_BYTES = 2 ** 20;

/** For columns with more taps than this, the pixels between the outermost ones are summed as integers instead. */
const MAX_TAPS = 8;

/** Offsets of the table's starts, firsts and weights. */
type PlacedTable = readonly [start: number, first: number, weights: number];

/** What crops of one size share: their tables in kernel memory. */
interface CropPlan {
  readonly blockScale: number;
  /** The number of taps of every column; 0 if they differ too much. */
  readonly taps: number;
  readonly columns: PlacedTable;
  readonly rows: PlacedTable;
  /** Number of resized rows held at a time, a power of two, minus one. */
  readonly mask: number;
}

/**
 * Uses the kernels if they can run, else the plain code, with the same results. Tests lower `together` to check that it
 * does not matter.
 */
export function createPixelMaker(together = TOGETHER_BYTES): PixelMaker {
  const first = Kernels.open();
  if (!first) return plainPixels;
  let memory = new PhotoMemory(first);
  return (photo) => {
    // a separate object, because the same buffer may contain another photo later
    const own = { ...photo };
    const plain = plainPixels(own);
    const ready = (): PhotoMemory => {
      if (!memory.holds(own) && memory.byteLength > MAX_BYTES) memory = new PhotoMemory(Kernels.open()!);
      memory.hold(own);
      return memory;
    };
    return {
      *levels(sizes) {
        let group: Size[] = [];
        let bytes = 0;
        for (const [index, size] of sizes.entries()) {
          group.push(size);
          bytes += size.width * size.height * 12;
          if (bytes < together && index + 1 < sizes.length) continue;
          const shrunk = group.filter(({ width, height }) => isShrunkByWeights(own, width, height));
          const made = shrunk.length ? ready().shrink(own, shrunk) : [];
          for (const each of group)
            yield shrunk.includes(each) ? made[shrunk.indexOf(each)]() : [...plain.levels([each])][0];
          [group, bytes] = [[], 0];
        }
      },
      crops: (windows, side) => ready().crop(own, windows, side),
    };
  };
}

/** The kernels' memory: permanent tables, the photo, and everything computed from it. */
class PhotoMemory {
  private readonly tablesAt: number;
  private readonly tablesEnd: number;
  private readonly photoMark: number;
  /** By the network's side, then by crop size. */
  private readonly plans = new Map<number, Map<number, CropPlan>>();
  private tablesNext: number;
  private resident?: RgbImage;
  private photoAt = 0;
  private after = 0;

  constructor(private readonly kernels: Kernels) {
    kernels.reset();
    this.tablesAt = this.tablesNext = kernels.room(TABLE_BYTES);
    this.tablesEnd = this.tablesAt + TABLE_BYTES;
    this.photoMark = kernels.mark();
  }

  get byteLength(): number {
    return this.kernels.byteLength;
  }
  holds(photo: RgbImage): boolean {
    return this.resident === photo;
  }

  /** Makes this the current photo and frees everything computed from the previous one. */
  hold(photo: RgbImage): void {
    if (!this.holds(photo)) {
      this.kernels.reset(this.photoMark);
      this.photoAt = this.kernels.put(photo.data);
      this.after = this.kernels.mark();
      this.resident = photo;
    }
    this.kernels.reset(this.after);
  }

  /** Yields the levels, each as a view created when requested. */
  shrink({ width: sourceWidth, height: sourceHeight }: RgbImage, sizes: readonly Size[]): (() => NetImage)[] {
    const { kernels } = this;
    const levels = sizes.map(({ width, height }) => {
      const whole = (width + 3) & ~3; // whole vectors of columns
      const columns = evenTaps(areaTable(sourceWidth, width), whole);
      const rows = areaTable(sourceHeight, height);
      const tables = [
        kernels.put(columns.start),
        kernels.put(columns.weights),
        kernels.put(rows.start),
        kernels.put(rows.first),
        kernels.put(rows.weights),
      ];
      return {
        width,
        height,
        taps: columns.taps,
        tables,
        sum: kernels.room(whole * 12),
        out: kernels.room(width * height * 12),
      };
    });
    const list = kernels.put(
      Int32Array.from(
        levels.flatMap(({ width, height, taps, tables, sum, out }) => [width, height, taps, ...tables, sum, out, 0]),
      ),
    );
    // four rows of the photo at a time
    const line = kernels.room(192 + (Math.max(...sizes.map(({ width }) => width)) + 3) * 48);
    const rowBytes = sourceWidth * 48;
    const reach = Math.max(...levels.map(({ taps }) => taps)) * 48 + 256;
    const rows = kernels.room(rowBytes + reach);
    kernels.bytes().fill(0, rows + rowBytes, rows + rowBytes + reach);
    kernels.run.pyramid(this.photoAt, sourceWidth, sourceHeight, list, levels.length, rows, line);
    return levels.map(({ width, height, out }) => () => ({
      width,
      height,
      values: kernels.floats(out, width * height * 3),
    }));
  }

  crop({ width: photoWidth }: RgbImage, windows: readonly CropWindow[], side: number): Float32Array {
    const { kernels } = this;
    const size = side * side * 3;
    const [sum, out] = [kernels.room(side * 24), kernels.room(windows.length * size * 4)];
    // two rows of the photo at a time
    let widest = 0;
    for (const { width } of windows) widest = Math.max(widest, width);
    const doubles = kernels.room(Math.min((widest + MAX_TAPS) * 48 + 128, (side + 2) * MAX_TAPS * 48 + 128));
    const free = kernels.mark();
    for (let index = 0; index < windows.length; index++) {
      kernels.reset(free);
      const window = windows[index];
      const { blockScale, taps, columns, rows, mask } = this.plan(window, side);
      const lines = kernels.room((mask + 1) * side * 24);
      const { width, left, top, right, bottom, offsetX, offsetY } = window;
      if (taps > 0) kernels.bytes().fill(0, doubles, doubles + (width + taps) * 48);
      kernels.run.crop(
        this.photoAt,
        photoWidth,
        left,
        top,
        right,
        bottom,
        offsetX,
        offsetY,
        side,
        blockScale,
        taps,
        columns[0],
        columns[1],
        columns[2],
        mask,
        rows[0],
        rows[1],
        rows[2],
        doubles,
        lines,
        sum,
        out + index * size * 4,
      );
    }
    return kernels.floats(out, windows.length * size);
  }

  /** Creates the tables for a new size. If they no longer fit in the reserved space, it is cleared first. */
  private plan(window: CropWindow, side: number): CropPlan {
    const key = window.width * 2 ** 17 + window.height;
    const known = this.plans.get(side)?.get(key);
    if (known) return known;
    const { columns, rows } = cropTables(window, side);
    const bytes = 3 * (bytesOf(columns) + bytesOf(rows));
    if (this.tablesNext + bytes > this.tablesEnd) {
      this.plans.clear();
      this.tablesNext = this.tablesAt;
    }
    const blockScale = blockScaleOf(window, side);
    const made = {
      blockScale,
      ...this.placedColumns(columns, blockScale > 0),
      rows: this.placed(rows),
      mask: 2 ** Math.ceil(Math.log2(mostTaps(rows) + 2)) - 1,
    };
    if (bytes > TABLE_BYTES) return made; // outside the reserved space
    if (!this.plans.has(side)) this.plans.set(side, new Map());
    this.plans.get(side)!.set(key, made);
    return made;
  }

  /** `unweighted`: all weights are 1. */
  private placedColumns(table: AxisTable, unweighted: boolean): Pick<CropPlan, 'taps' | 'columns'> {
    const { taps, start, weights } = evenTaps(table);
    if (taps > MAX_TAPS) return { taps: 0, columns: this.placed(table) };
    const even = Float64Array.from(weights, (weight) => (unweighted && weight > 0 ? 1 : weight));
    return { taps, columns: [this.write(start.map((bytes) => bytes * 4)), 0, this.write(even)] };
  }

  private placed({ start, first, weights }: AxisTable): PlacedTable {
    return [this.write(start), this.write(first), this.write(weights)];
  }

  private write(values: Int32Array | Float32Array | Float64Array): number {
    if (this.tablesNext + values.byteLength > this.tablesEnd) return this.kernels.put(values); // larger than the reserved space
    const at = this.tablesNext;
    this.kernels.bytes().set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    this.tablesNext += (values.byteLength + 7) & ~7;
    return at;
  }
}

const bytesOf = ({ start, first, weights }: AxisTable): number =>
  start.byteLength + first.byteLength + weights.byteLength;

/**
 * The same table with an equal number of weights per target, padded with zeros, and starts in bytes of a row of float32
 * RGB. `targets` pads with targets that have no weights and start at 0.
 */
function evenTaps(
  table: AxisTable,
  targets = table.start.length,
): { taps: number; start: Int32Array; weights: Float32Array } {
  const { start, first, weights } = table;
  const taps = mostTaps(table);
  const even = new Float32Array(targets * taps);
  for (let i = 0; i < start.length; i++)
    for (let k = first[i], to = i * taps; k < first[i + 1]; k++, to++) even[to] = weights[k];
  const starts = new Int32Array(targets);
  starts.set(start.map((pixel) => pixel * 12));
  return { taps, start: starts, weights: even };
}

/** The largest number of source pixels of any target. */
function mostTaps({ start, first }: AxisTable): number {
  let most = 1;
  for (let i = 0; i < start.length; i++) most = Math.max(most, first[i + 1] - first[i]);
  return most;
}
