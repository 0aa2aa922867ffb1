// src/resize.ts in SIMD: the three channels of a pixel beside each other, every sum in the order of the plain code. Tables of an axis:
// `start` i32, `first` i32 (one more), `weights` f32. Results are as the nets take them: levels of the pyramid as rows of three channels, crops as planes.

@inline
function pixel(p: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
}

/** Four values of each of four rows, whose bytes lie beside each other, as float32. */
@inline
function storeColumns(columns: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_u(columns);
  const high = i16x8.extend_high_i8x16_u(columns);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)));
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), 48);
}

/** Four rows of 8-bit values as float32, each row a lane; up to fifteen values more of each are read and written. */
function fourRows(p: usize, second: usize, third: usize, fourth: usize, values: i32, out: usize): void {
  for (const end = p + <usize>values; p < end; p += 16, out += 256) {
    const a = v128.load(p);
    const b = v128.load(p + second);
    const c = v128.load(p + third);
    const d = v128.load(p + fourth);
    const ab = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const cd = i8x16.shuffle(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    storeColumns(i16x8.shuffle(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11), out);
    storeColumns(i16x8.shuffle(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15), out + 64);
    const abHigh = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    const cdHigh = i8x16.shuffle(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    storeColumns(i16x8.shuffle(abHigh, cdHigh, 0, 8, 1, 9, 2, 10, 3, 11), out + 128);
    storeColumns(i16x8.shuffle(abHigh, cdHigh, 4, 12, 5, 13, 6, 14, 7, 15), out + 192);
  }
}

/**
 * Four source rows shrunk to `width` pixels: four rows of four lanes a pixel, from `line` on. Every target pixel has as many taps, the last of
 * weight 0, so that nothing is to be guessed; `start` is in bytes of a row of float32 RGB.
 */
function shrunkRows(rows: usize, width: i32, taps: i32, start: usize, weights: usize, line: usize): void {
  const size = <usize>width << 4;
  const end = line + size;
  const step = <usize>taps << 2;
  for (; line < end; line += 16, start += 4) {
    let q = rows + (<usize>load<i32>(start) << 2);
    let weight = v128.load32_splat(weights);
    let r = f32x4.mul(v128.load(q), weight);
    let g = f32x4.mul(v128.load(q, 16), weight);
    let b = f32x4.mul(v128.load(q, 32), weight);
    const last = weights + step;
    for (weights += 4, q += 48; weights < last; weights += 4, q += 48) {
      weight = v128.load32_splat(weights);
      r = f32x4.add(r, f32x4.mul(v128.load(q), weight));
      g = f32x4.add(g, f32x4.mul(v128.load(q, 16), weight));
      b = f32x4.add(b, f32x4.mul(v128.load(q, 32), weight));
    }
    const low = i32x4.shuffle(r, g, 0, 4, 1, 5);
    const high = i32x4.shuffle(r, g, 2, 6, 3, 7);
    v128.store(line, i32x4.shuffle(low, b, 0, 1, 4, 4));
    v128.store(line + size, i32x4.shuffle(low, b, 2, 3, 5, 5));
    v128.store(line + 2 * size, i32x4.shuffle(high, b, 0, 1, 6, 6));
    v128.store(line + 3 * size, i32x4.shuffle(high, b, 2, 3, 7, 7));
  }
}

/** Grey levels of one target pixel, (v − 127.5) / 128. */
@inline
function level(sum: v128): v128 {
  const grey = f32x4.nearest(f32x4.min(f32x4.max(sum, f32x4.splat(0)), f32x4.splat(255)));
  return f32x4.mul(f32x4.add(grey, f32x4.splat(-127.5)), f32x4.splat(0.0078125));
}

/** A finished target row as three rows, one a channel. */
function emitRow(sum: usize, width: i32, out: usize): void {
  const plane = <usize>width << 2;
  let x = 0;
  for (; x + 4 <= width; x += 4, sum += 64, out += 16) {
    const a = level(v128.load(sum));
    const b = level(v128.load(sum, 16));
    const c = level(v128.load(sum, 32));
    const d = level(v128.load(sum, 48));
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    v128.store(out, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(out + plane, i64x2.shuffle(ab, cd, 1, 3));
    v128.store(out + 2 * plane, i32x4.shuffle(i32x4.shuffle(a, b, 2, 6, 2, 6), i32x4.shuffle(c, d, 2, 6, 2, 6), 0, 1, 4, 5));
  }
  for (; x < width; x++, sum += 16, out += 4) {
    const a = level(v128.load(sum));
    v128.store32_lane(out, a, 0);
    v128.store32_lane(out + plane, a, 1);
    v128.store32_lane(out + 2 * plane, a, 2);
  }
}

/** One level of the pyramid, as src/mtcnn/photo-pixels.ts lays it out. */
@unmanaged
class Level {
  width: i32;
  height: i32;
  /** Of every column; starts in bytes of the row of floats. */
  taps: i32;
  columnStart: usize;
  columnWeights: usize;
  rowStart: usize;
  rowFirst: usize;
  rowWeights: usize;
  /** Sixteen bytes a column. */
  sum: usize;
  /** [height, 3, width] float32. */
  out: usize;
  /** The target row under way. */
  y: i32;
}

/** Adds one shrunk source row to the target rows that it is part of. */
@inline
function addRow(level: Level, source: i32, line: usize): void {
  while (level.y < level.height) {
    const at = <usize>level.y << 2;
    const begin = load<i32>(level.rowStart + at);
    if (source < begin) break;
    const from = load<i32>(level.rowFirst + at);
    const last = begin + load<i32>(level.rowFirst + at, 4) - from - 1;
    const weight = v128.load32_splat(level.rowWeights + (<usize>(from + source - begin) << 2));
    const sum = level.sum;
    const size = <usize>level.width << 4;
    if (source === begin) for (let k: usize = 0; k < size; k += 16) v128.store(sum + k, f32x4.mul(v128.load(line + k), weight));
    else for (let k: usize = 0; k < size; k += 16) v128.store(sum + k, f32x4.add(v128.load(sum + k), f32x4.mul(v128.load(line + k), weight)));
    // the last row of a target row is often the first of the next
    if (source < last) break;
    emitRow(sum, level.width, level.out + <usize>level.y * (<usize>level.width * 12));
    level.y++;
  }
}

/**
 * An 8-bit photo shrunk to several sizes at once, four rows of it after four, each value rounded to a grey level, then (v − 127.5) / 128 as
 * float32. `rows`: room for four of the photo's rows as float32, and finite numbers after them as far as the taps reach; `line`: four rows of sixteen
 * bytes a column of the widest level.
 */
export function pyramid(photo: usize, sourceWidth: i32, sourceHeight: i32, levels: usize, count: i32, rows: usize, line: usize): void {
  const bytes = sourceWidth * 3;
  for (let source = 0; source < sourceHeight; source += 4, photo += <usize>bytes << 2) {
    const more = sourceHeight - source - 1; // below the photo's last row it is taken again, and not used
    fourRows(photo, bytes * min(1, more), bytes * min(2, more), bytes * min(3, more), bytes, rows);
    for (let i = 0; i < count; i++) {
      const level = changetype<Level>(levels + <usize>i * offsetof<Level>());
      shrunkRows(rows, level.width, level.taps, level.columnStart, level.columnWeights, line);
      for (let row = 0; row <= min(3, more); row++) addRow(level, source + row, line + <usize>row * (<usize>level.width << 4));
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
  return f64x2.convert_low_i32x4_s(values);
}
@inline
function highDoubles(values: v128): v128 {
  return f64x2.convert_low_i32x4_s(i32x4.shuffle(values, values, 2, 3, 2, 3));
}

/**
 * A row of a crop in float64, one channel after the other; columns outside [left, right) of the photo count nothing. A weight has 24 bits and
 * is at least 1e-3 of a pixel's share, so that every product and every sum of a row is exact in 53 bits: the pixels between the first and
 * the last, which all weigh the same, are summed as integers.
 */
function croppedRow(p: usize, shift: i32, left: i32, right: i32, side: i32, start: usize, first: usize, weights: usize, weighted: bool, line: usize): void {
  let k = load<i32>(first);
  const plane = <usize>side << 3;
  for (let x = 0; x < side; x++, line += 8) {
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
    v128.store64_lane(line, low, 0);
    v128.store64_lane(line + plane, low, 1);
    v128.store64_lane(line + 2 * plane, high, 0);
  }
}

@inline
function storeDoubles(words: v128, out: usize): void {
  const low = i32x4.extend_low_i16x8_u(words);
  const high = i32x4.extend_high_i16x8_u(words);
  v128.store(out, lowDoubles(low));
  v128.store(out, highDoubles(low), 16);
  v128.store(out, lowDoubles(high), 32);
  v128.store(out, highDoubles(high), 48);
}

/** Two rows of 8-bit values as float64, each row a lane; up to seven values more of each are read and written. */
function twoRows(p: usize, second: usize, values: i32, out: usize): void {
  for (const end = p + <usize>values; p < end; p += 8, out += 128) {
    const bytes = i8x16.shuffle(v128.load64_zero(p), v128.load64_zero(p + second), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    storeDoubles(i16x8.extend_low_i8x16_u(bytes), out);
    storeDoubles(i16x8.extend_high_i8x16_u(bytes), out + 64);
  }
}

/**
 * croppedRow over two rows of doubles with as many taps for every target pixel, the last of weight 0: nothing is to be guessed, and sums are as
 * exact. `line` becomes two rows.
 */
function tappedRows(rows: usize, side: i32, taps: i32, start: usize, weights: usize, line: usize): void {
  const plane = <usize>side << 3;
  const next = 3 * plane;
  const step = <usize>taps << 3;
  for (const end = line + plane; line < end; line += 8, start += 4) {
    let q = rows + <usize>load<i32>(start);
    let weight = v128.load64_splat(weights);
    let r = f64x2.mul(v128.load(q), weight);
    let g = f64x2.mul(v128.load(q, 16), weight);
    let b = f64x2.mul(v128.load(q, 32), weight);
    const last = weights + step;
    for (weights += 8, q += 48; weights < last; weights += 8, q += 48) {
      weight = v128.load64_splat(weights);
      r = f64x2.add(r, f64x2.mul(v128.load(q), weight));
      g = f64x2.add(g, f64x2.mul(v128.load(q, 16), weight));
      b = f64x2.add(b, f64x2.mul(v128.load(q, 32), weight));
    }
    v128.store64_lane(line, r, 0);
    v128.store64_lane(line + plane, g, 0);
    v128.store64_lane(line + 2 * plane, b, 0);
    v128.store64_lane(line + next, r, 1);
    v128.store64_lane(line + next + plane, g, 1);
    v128.store64_lane(line + next + 2 * plane, b, 1);
  }
}

/**
 * A crop resized to `side` × `side`, an even number, (v − 127.5) / 128: [3, side, side] float32 at `out`. `blockScale` is 0 where weights are used, else
 * sums are of whole pixels and multiplied by it. `line` and `sum`: 48 and 24 bytes a target column. Where `taps` is not 0, columns have as many taps
 * each: starts are in bytes of `doubles`, which has zeros before and after the photo's part of the crop, and weights are float64.
 */
export function crop(
  photo: usize, photoWidth: i32, left: i32, top: i32, right: i32, bottom: i32, offsetX: i32, offsetY: i32, side: i32, blockScale: f64,
  taps: i32, columnStart: usize, columnFirst: usize, columnWeights: usize, rowStart: usize, rowFirst: usize, rowWeights: usize,
  doubles: usize, line: usize, sum: usize, out: usize,
): void {
  const weighted = blockScale === 0;
  const factor = f64x2.splat(weighted ? 1 : blockScale);
  const half = f64x2.splat(-127.5);
  const scale = f64x2.splat(0.0078125);
  const bytes = <usize>side * 24;
  const plane = <usize>side << 3;
  const planeOut = <usize>(side * side) << 2;
  const stride = <usize>photoWidth * 3;
  let ready = -2; // the first of the rows in `line`
  for (let y = 0; y < side; y++, out += <usize>side << 2) {
    const from = load<i32>(rowFirst + (<usize>y << 2));
    const to = load<i32>(rowFirst + (<usize>(y + 1) << 2));
    const begin = load<i32>(rowStart + (<usize>y << 2)) - offsetY + top;
    memory.fill(sum, 0, bytes);
    for (let k = from; k < to; k++) {
      const row = begin + k - from;
      if (row < top || row >= bottom) continue; // outside the photo: zeros
      if (row !== ready && (taps === 0 || row !== ready + 1)) {
        const p = photo + <usize>row * stride;
        if (taps > 0) {
          const inside = (right - left) * 3;
          const place = doubles + <usize>offsetX * 48;
          twoRows(p + <usize>left * 3, row + 1 < bottom ? stride : 0, inside, place);
          memory.fill(place + (<usize>inside << 4), 0, 128); // what was read too much
          tappedRows(doubles, side, taps, columnStart, columnWeights, line);
        } else croppedRow(p, left - offsetX, left, right, side, columnStart, columnFirst, columnWeights, weighted, line);
        ready = row;
      }
      const values = row === ready ? line : line + bytes;
      const weight = f64x2.splat(weighted ? <f64>load<f32>(rowWeights + (<usize>k << 2)) : 1);
      for (let i: usize = 0; i < bytes; i += 16) v128.store(sum + i, f64x2.add(v128.load(sum + i), f64x2.mul(v128.load(values + i), weight)));
    }
    for (let channel: usize = 0; channel < 3; channel++) {
      const p = sum + channel * plane;
      const q = out + channel * planeOut;
      for (let i: usize = 0; i < plane; i += 16) {
        const grey = f64x2.mul(f64x2.add(f64x2.mul(v128.load(p + i), factor), half), scale);
        v128.store64_lane(q + (i >> 1), f32x4.demote_f64x2_zero(grey), 0);
      }
    }
  }
}
