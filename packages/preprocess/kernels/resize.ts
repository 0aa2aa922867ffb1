// src/mtcnn/resize.ts in SIMD: the three channels of a pixel beside each other, every sum in the order of the plain code. Tables of an
// axis: `start` i32, `first` i32 (one more), `weights` f32.

@inline
function pixel(p: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
}

/** A source row shrunk to `width` float32 pixels of four lanes. */
function shrunkRow(p: usize, width: i32, start: usize, first: usize, weights: usize, line: usize): void {
  let k = load<i32>(first);
  for (let x = 0; x < width; x++, line += 16) {
    const end = load<i32>(first + (<usize>(x + 1) << 2));
    let q = p + <usize>load<i32>(start + (<usize>x << 2)) * 3;
    let sum = f32x4.mul(f32x4.convert_i32x4_u(pixel(q)), v128.load32_splat(weights + (<usize>k << 2)));
    for (k++, q += 3; k < end; k++, q += 3) {
      sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_u(pixel(q)), v128.load32_splat(weights + (<usize>k << 2))));
    }
    v128.store(line, sum);
  }
}

/**
 * An 8-bit photo shrunk, each value rounded to a grey level, then (v − 127.5) / 128 as float32: [height, width, 3] at `out`, 4 bytes more
 * are written. `line` and `sum`: 16 bytes a target column each. 16 bytes after the photo may be read.
 */
export function shrink(
  src: usize, sourceWidth: i32, width: i32, height: i32,
  columnStart: usize, columnFirst: usize, columnWeights: usize, rowStart: usize, rowFirst: usize, rowWeights: usize,
  line: usize, sum: usize, out: usize,
): void {
  const half = f32x4.splat(-127.5);
  const scale = f32x4.splat(0.0078125);
  const zero = f32x4.splat(0);
  const white = f32x4.splat(255);
  const bytes = <usize>width << 4;
  let ready = -1; // the source row that `line` holds: the last of a target row is often the first of the next
  for (let y = 0; y < height; y++) {
    const from = load<i32>(rowFirst + (<usize>y << 2));
    const to = load<i32>(rowFirst + (<usize>(y + 1) << 2));
    const begin = load<i32>(rowStart + (<usize>y << 2));
    for (let k = from; k < to; k++) {
      const row = begin + k - from;
      if (row !== ready) shrunkRow(src + <usize>row * <usize>sourceWidth * 3, width, columnStart, columnFirst, columnWeights, line);
      ready = row;
      const weight = v128.load32_splat(rowWeights + (<usize>k << 2));
      if (k === from) for (let i: usize = 0; i < bytes; i += 16) v128.store(sum + i, f32x4.mul(v128.load(line + i), weight));
      else for (let i: usize = 0; i < bytes; i += 16) v128.store(sum + i, f32x4.add(v128.load(sum + i), f32x4.mul(v128.load(line + i), weight)));
    }
    for (let i: usize = 0; i < bytes; i += 16, out += 12) {
      const level = f32x4.nearest(f32x4.min(f32x4.max(v128.load(sum + i), zero), white));
      v128.store(out, f32x4.mul(f32x4.add(level, half), scale));
    }
  }
}

/** The sum of `count` pixels as i32 lanes; sixteen bytes after the last may be read. */
@inline
function pixelSum(p: usize, count: i32): v128 {
  let sum = i64x2.splat(0);
  if (count >= 8) {
    // four pixels at once, in 16 bits: r g b r g b r g | b r g b and four bytes of the next, which are dropped
    let low = i64x2.splat(0);
    let high = i64x2.splat(0);
    for (let block = 0; block < 256 && count >= 4; block++, count -= 4, p += 12) {
      const bytes = v128.load(p);
      low = i16x8.add(low, i16x8.extend_low_i8x16_u(bytes));
      high = i16x8.add(high, i16x8.extend_high_i8x16_u(bytes));
    }
    sum = i32x4.extend_low_i16x8_u(low);
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_u(i16x8.shuffle(low, low, 3, 4, 5, 5, 5, 5, 5, 5)));
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_u(i16x8.shuffle(low, high, 6, 7, 8, 8, 8, 8, 8, 8)));
    sum = i32x4.add(sum, i32x4.extend_low_i16x8_u(i16x8.shuffle(high, high, 1, 2, 3, 3, 3, 3, 3, 3)));
  }
  for (; count > 0; count--, p += 3) sum = i32x4.add(sum, pixel(p));
  return sum;
}

@inline
function lowDoubles(values: v128): v128 {
  return f64x2.convert_low_i32x4_u(values);
}
@inline
function highDoubles(values: v128): v128 {
  return f64x2.convert_low_i32x4_u(i32x4.shuffle(values, values, 2, 3, 2, 3));
}

/**
 * A row of a crop in float64, four lanes a target pixel; columns outside [left, right) of the photo count nothing. A weight has 24 bits and
 * is at least 1e-3 of a pixel's share, so that every product and every sum of a row is exact in 53 bits: the pixels between the first and
 * the last, which all weigh the same, are summed as integers.
 */
function croppedRow(p: usize, shift: i32, left: i32, right: i32, side: i32, start: usize, first: usize, weights: usize, weighted: bool, line: usize): void {
  let k = load<i32>(first);
  for (let x = 0; x < side; x++, line += 32) {
    const end = load<i32>(first + (<usize>(x + 1) << 2));
    const column = load<i32>(start + (<usize>x << 2)) + shift;
    const last = column + end - k - 1;
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    if (column >= left && column < right) {
      const values = pixel(p + <usize>column * 3);
      const weight = f64x2.splat(weighted ? <f64>load<f32>(weights + (<usize>k << 2)) : 1);
      low = f64x2.mul(lowDoubles(values), weight);
      high = f64x2.mul(highDoubles(values), weight);
    }
    if (last > column) {
      const from = max(column + 1, left);
      const to = min(last, right);
      if (to > from) {
        const values = pixelSum(p + <usize>from * 3, to - from);
        const weight = f64x2.splat(weighted ? <f64>load<f32>(weights + (<usize>(k + 1) << 2)) : 1);
        low = f64x2.add(low, f64x2.mul(lowDoubles(values), weight));
        high = f64x2.add(high, f64x2.mul(highDoubles(values), weight));
      }
      if (last >= left && last < right) {
        const values = pixel(p + <usize>last * 3);
        const weight = f64x2.splat(weighted ? <f64>load<f32>(weights + (<usize>(end - 1) << 2)) : 1);
        low = f64x2.add(low, f64x2.mul(lowDoubles(values), weight));
        high = f64x2.add(high, f64x2.mul(highDoubles(values), weight));
      }
    }
    k = end;
    v128.store(line, low);
    v128.store(line, high, 16);
  }
}

/**
 * A crop resized to `side` × `side`, (v − 127.5) / 128: [side, side, 3] float32 at `out`, 4 bytes more are written. `blockScale` is 0 where
 * weights are used, else sums are of whole pixels and multiplied by it. `line` and `sum`: 32 bytes a target column each.
 */
export function crop(
  photo: usize, photoWidth: i32, left: i32, top: i32, right: i32, bottom: i32, offsetX: i32, offsetY: i32, side: i32, blockScale: f64,
  columnStart: usize, columnFirst: usize, columnWeights: usize, rowStart: usize, rowFirst: usize, rowWeights: usize,
  line: usize, sum: usize, out: usize,
): void {
  const weighted = blockScale === 0;
  const factor = f64x2.splat(weighted ? 1 : blockScale);
  const half = f64x2.splat(-127.5);
  const scale = f64x2.splat(0.0078125);
  const bytes = <usize>side << 5;
  let ready = -1;
  for (let y = 0; y < side; y++) {
    const from = load<i32>(rowFirst + (<usize>y << 2));
    const to = load<i32>(rowFirst + (<usize>(y + 1) << 2));
    const begin = load<i32>(rowStart + (<usize>y << 2)) - offsetY + top;
    memory.fill(sum, 0, bytes);
    for (let k = from; k < to; k++) {
      const row = begin + k - from;
      if (row < top || row >= bottom) continue; // outside the photo: zeros
      if (row !== ready) croppedRow(photo + <usize>row * <usize>photoWidth * 3, left - offsetX, left, right, side, columnStart, columnFirst, columnWeights, weighted, line);
      ready = row;
      const weight = f64x2.splat(weighted ? <f64>load<f32>(rowWeights + (<usize>k << 2)) : 1);
      for (let i: usize = 0; i < bytes; i += 16) v128.store(sum + i, f64x2.add(v128.load(sum + i), f64x2.mul(v128.load(line + i), weight)));
    }
    for (let i: usize = 0; i < bytes; i += 32, out += 12) {
      const low = f64x2.mul(f64x2.add(f64x2.mul(v128.load(sum + i), factor), half), scale);
      const high = f64x2.mul(f64x2.add(f64x2.mul(v128.load(sum + i, 16), factor), half), scale);
      v128.store(out, i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5));
    }
  }
}
