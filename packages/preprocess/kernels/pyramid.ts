// The shrinking of src/resize.ts in SIMD: four rows of the photo at a time, with every sum in the order of the plain
// code. Axis tables: `start` i32, `first` i32 (one entry more), `weights` f32. Pyramid levels have rows of three
// channels, the layout P-Net expects.

/** Four values from each of four adjacent rows, as float32. */
@inline
function storeColumns(columns: v128, out: usize): void {
  const low = i16x8.extend_low_i8x16_u(columns);
  const high = i16x8.extend_high_i8x16_u(columns);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)));
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), 16);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), 32);
  v128.store(out, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), 48);
}

/** Four rows of 8-bit values as float32, one lane per row. Up to fifteen extra values per row are read and written. */
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
 * Transposes four vectors 48 bytes apart: the first lanes go to `out`, the second ones `row` bytes after them, and so
 * on.
 */
@inline
function turned(values: usize, out: usize, row: usize): void {
  const a = v128.load(values);
  const b = v128.load(values, 48);
  const c = v128.load(values, 96);
  const d = v128.load(values, 144);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  v128.store(out, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(out + row, i64x2.shuffle(ab, cd, 1, 3));
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(out + 2 * row, i64x2.shuffle(abHigh, cdHigh, 0, 2));
  v128.store(out + 3 * row, i64x2.shuffle(abHigh, cdHigh, 1, 3));
}

/**
 * Shrinks four source rows to planes of `plane` bytes, in whole vectors: each row's red, green and blue, row after row,
 * starting at `line`. Every target pixel has the same number of taps, the last with weight 0, which avoids branches.
 * `start` is in bytes of a row of float32 RGB. `room`: 192 bytes.
 */
function shrunkRows(rows: usize, plane: usize, taps: i32, start: usize, weights: usize, line: usize, room: usize): void {
  const step = <usize>taps << 2;
  for (const end = line + plane; line < end; line += 16) {
    for (let column: usize = 0; column < 192; column += 48, start += 4) {
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
      v128.store(room + column, r);
      v128.store(room + column, g, 16);
      v128.store(room + column, b, 32);
    }
    turned(room, line, 3 * plane);
    turned(room + 16, line + plane, 3 * plane);
    turned(room + 32, line + 2 * plane, 3 * plane);
  }
}

/** Grey levels as (v − 127.5) / 128. Weights are positive and sum to 1 up to rounding, so no value leaves 0 to 255. */
@inline
function level(sum: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.nearest(sum), f32x4.splat(-127.5)), f32x4.splat(0.0078125));
}

/** One level of the pyramid, laid out by src/mtcnn/photo-pixels.ts. */
@unmanaged
class Level {
  width: i32;
  height: i32;
  /** Per column, padded to whole vectors. Starts are in bytes of the row of floats. */
  taps: i32;
  columnStart: usize;
  columnWeights: usize;
  rowStart: usize;
  rowFirst: usize;
  rowWeights: usize;
  /** Three planes of whole vectors. */
  sum: usize;
  /** [height, 3, width] float32. One extra vector is written. */
  out: usize;
  /** The target row in progress. */
  y: i32;
}

/**
 * Adds `rows` shrunk rows, 1 to 4, to the sums of a target row. `fresh` starts the row, `done` finishes it and writes
 * it out. Each case has its own loop, because a branch inside a loop costs as much as the sums.
 */
@inline
function added(rows: i32, fresh: bool, done: bool, p: usize, plane: usize, weights: usize, sum: usize, out: usize, width: usize): void {
  const row = 3 * plane;
  const first = v128.load32_splat(weights);
  const second = v128.load32_splat(weights, 4);
  const third = v128.load32_splat(weights, 8);
  const fourth = v128.load32_splat(weights, 12);
  for (let channel = 0; channel < 3; channel++, out += width) {
    for (let k: usize = 0; k < plane; k += 16, p += 16, sum += 16) {
      let total = f32x4.mul(v128.load(p), first);
      if (!fresh) total = f32x4.add(v128.load(sum), total);
      if (rows > 1) total = f32x4.add(total, f32x4.mul(v128.load(p + row), second));
      if (rows > 2) total = f32x4.add(total, f32x4.mul(v128.load(p + 2 * row), third));
      if (rows > 3) total = f32x4.add(total, f32x4.mul(v128.load(p + 3 * row), fourth));
      if (done) v128.store(out + k, level(total));
      else v128.store(sum, total);
    }
  }
}

@inline
function addedAsMany(rows: i32, fresh: bool, done: bool, p: usize, plane: usize, weights: usize, sum: usize, out: usize, width: usize): void {
  if (rows === 1) added(1, fresh, done, p, plane, weights, sum, out, width);
  else if (rows === 2) added(2, fresh, done, p, plane, weights, sum, out, width);
  else if (rows === 3) added(3, fresh, done, p, plane, weights, sum, out, width);
  else added(4, fresh, done, p, plane, weights, sum, out, width);
}

/**
 * Adds `count` shrunk source rows, starting at row `source`, to the target rows they contribute to, all rows of one
 * target at once.
 */
@inline
function addRows(level: Level, source: i32, count: i32, line: usize): void {
  const width = <usize>level.width << 2;
  const plane = (width + 15) & ~15;
  const start = source;
  const end = source + count;
  while (level.y < level.height) {
    const at = <usize>level.y << 2;
    const begin = load<i32>(level.rowStart + at);
    const from = load<i32>(level.rowFirst + at);
    const last = begin + load<i32>(level.rowFirst + at, 4) - from - 1;
    source = max(source, begin);
    if (source >= end) break;
    const rows = min(end - 1, last) - source + 1;
    const p = line + <usize>(source - start) * 3 * plane;
    const weights = level.rowWeights + (<usize>(from + source - begin) << 2);
    const out = level.out + <usize>level.y * 3 * width;
    const fresh = source === begin;
    if (source + rows <= last) {
      if (fresh) addedAsMany(rows, true, false, p, plane, weights, level.sum, out, width);
      else addedAsMany(rows, false, false, p, plane, weights, level.sum, out, width);
      break;
    }
    if (fresh) addedAsMany(rows, true, true, p, plane, weights, level.sum, out, width);
    else addedAsMany(rows, false, true, p, plane, weights, level.sum, out, width);
    level.y++;
    // the last row of a target row is often the first of the next one
    source = last;
  }
}

/**
 * Shrinks an 8-bit photo to several sizes at once, four rows at a time. Each value is rounded to a grey level, then
 * becomes (v − 127.5) / 128 as float32. `rows`: space for four of the photo's rows as float32, followed by finite
 * numbers as far as the taps reach; `line`: 192 bytes, plus four rows of three planes of the widest level.
 */
export function pyramid(photo: usize, sourceWidth: i32, sourceHeight: i32, levels: usize, count: i32, rows: usize, line: usize): void {
  const bytes = sourceWidth * 3;
  for (let source = 0; source < sourceHeight; source += 4, photo += <usize>bytes << 2) {
    const more = sourceHeight - source - 1; // below the photo's last row it is read again, and ignored
    fourRows(photo, bytes * min(1, more), bytes * min(2, more), bytes * min(3, more), bytes, rows);
    for (let i = 0; i < count; i++) {
      const level = changetype<Level>(levels + <usize>i * offsetof<Level>());
      shrunkRows(rows, ((<usize>level.width << 2) + 15) & ~15, level.taps, level.columnStart, level.columnWeights, line + 192, line);
      addRows(level, source, min(4, more + 1), line + 192);
    }
  }
}
