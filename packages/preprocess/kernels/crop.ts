// The crops of src/resize.ts in SIMD: two rows of the photo at a time, with sums in the order of the plain code, or
// exact in any order. Axis tables: `start` i32, `first` i32 (one entry more), `weights` f32. Crops are planar, the
// layout R- and O-Net expect.

@inline
function pixel(p: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
}

/** Sums `count` pixels into i32 lanes. May read up to sixteen bytes past the last. */
@inline
function pixelSum(p: usize, count: i32): v128 {
  let sum = i64x2.splat(0);
  if (count >= 8) {
    // four pixels at once, in 16 bits: r g b r g b r g | b r g b, and four bytes of the next pixels, which are dropped
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
 * One row of a crop in float64, one channel after the other. Columns outside [left, right) of the photo contribute
 * nothing. Weights have 24 bits and are at least 1e-3 of a pixel's share, so every product and every sum of a row is
 * exact in 53 bits: the pixels between the first and the last, which all have the same weight, are summed as integers.
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

/** Two rows of 8-bit values as float64, one lane per row. Up to seven extra values per row are read and written. */
function twoRows(p: usize, second: usize, values: i32, out: usize): void {
  for (const end = p + <usize>values; p < end; p += 8, out += 128) {
    const bytes = i8x16.shuffle(v128.load64_zero(p), v128.load64_zero(p + second), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    storeDoubles(i16x8.extend_low_i8x16_u(bytes), out);
    storeDoubles(i16x8.extend_high_i8x16_u(bytes), out + 64);
  }
}

/**
 * croppedRow for two rows of doubles with the same number of taps for every target pixel, the last with weight 0. This
 * avoids branches, and the sums are just as exact.
 */
function tappedRows(rows: usize, side: i32, taps: i32, start: usize, weights: usize, line: usize, second: usize): void {
  const plane = <usize>side << 3;
  const next = second - line;
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

/** The weight of the crop row at `index` among the rows of its target; 0 beyond the last one. */
@inline
function rowWeight(weights: usize, index: i32, count: i32, weighted: bool): v128 {
  if (index >= count) return f64x2.splat(0);
  return f64x2.splat(weighted ? <f64>load<f32>(weights + (<usize>index << 2)) : 1);
}

/**
 * Combines `count` rows of `lines`, starting at row `from`, into one target row, as float32 planes at `out`. Zero
 * weights do not change a sum; they pad targets with fewer rows than are added at a time.
 */
function combinedRows(lines: usize, mask: i32, from: i32, count: i32, weights: usize, weighted: bool, blockScale: f64, side: i32, sum: usize, out: usize): void {
  const plane = <usize>side << 3;
  const bytes = plane * 3;
  const factor = f64x2.splat(weighted ? 1 : blockScale);
  const half = f64x2.splat(-127.5);
  const scale = f64x2.splat(0.0078125);
  const nextPlane = (<usize>(side * side) << 2) - (plane >> 1);
  for (let at = 0; ; at += 4) {
    const p = lines + <usize>((from + at) & mask) * bytes;
    const p1 = (at + 1 < count ? lines + <usize>((from + at + 1) & mask) * bytes : p) - p;
    const p2 = (at + 2 < count ? lines + <usize>((from + at + 2) & mask) * bytes : p) - p;
    const p3 = (at + 3 < count ? lines + <usize>((from + at + 3) & mask) * bytes : p) - p;
    const w = rowWeight(weights, at, count, weighted);
    const w1 = rowWeight(weights, at + 1, count, weighted);
    const w2 = rowWeight(weights, at + 2, count, weighted);
    const w3 = rowWeight(weights, at + 3, count, weighted);
    if (at + 4 < count) {
      for (let i: usize = 0; i < bytes; i += 16) {
        let total = f64x2.mul(v128.load(p + i), w);
        if (at > 0) total = f64x2.add(v128.load(sum + i), total);
        total = f64x2.add(total, f64x2.mul(v128.load(p + i + p1), w1));
        total = f64x2.add(total, f64x2.mul(v128.load(p + i + p2), w2));
        v128.store(sum + i, f64x2.add(total, f64x2.mul(v128.load(p + i + p3), w3)));
      }
      continue;
    }
    for (let channel: usize = 0, i: usize = 0; channel < 3; channel++, out += nextPlane) {
      for (const end = i + plane; i < end; i += 16, out += 8) {
        let total = f64x2.mul(v128.load(p + i), w);
        if (at > 0) total = f64x2.add(v128.load(sum + i), total);
        total = f64x2.add(total, f64x2.mul(v128.load(p + i + p1), w1));
        if (at + 2 < count) total = f64x2.add(f64x2.add(total, f64x2.mul(v128.load(p + i + p2), w2)), f64x2.mul(v128.load(p + i + p3), w3));
        const grey = f64x2.mul(f64x2.add(f64x2.mul(total, factor), half), scale);
        v128.store64_lane(out, f32x4.demote_f64x2_zero(grey), 0);
      }
    }
    break;
  }
}

/**
 * A crop resized to `side` × `side` (an even number), (v − 127.5) / 128: [3, side, side] float32 at `out`. If
 * `blockScale` is 0, weights are used; otherwise whole pixels are summed and multiplied by it. `lines`: `mask` + 1 rows
 * of 24 bytes per target column, a power of two that is at least the rows per target plus two; `sum`: 24 bytes per
 * target column. If `taps` is not 0, all columns have that many taps: starts are in bytes of `doubles`, which is zero
 * before and after the photo's part of the crop, and weights are float64.
 */
export function crop(
  photo: usize, photoWidth: i32, left: i32, top: i32, right: i32, bottom: i32, offsetX: i32, offsetY: i32, side: i32, blockScale: f64,
  taps: i32, columnStart: usize, columnFirst: usize, columnWeights: usize, mask: i32, rowStart: usize, rowFirst: usize, rowWeights: usize,
  doubles: usize, lines: usize, sum: usize, out: usize,
): void {
  const weighted = blockScale === 0;
  const bytes = <usize>side * 24;
  const stride = <usize>photoWidth * 3;
  const inside = (right - left) * 3;
  const place = doubles + <usize>offsetX * 48;
  let ready = top; // rows of the photo before this one are in `lines`
  for (let y = 0; y < side; y++, out += <usize>side << 2) {
    const first = load<i32>(rowFirst + (<usize>y << 2));
    const begin = load<i32>(rowStart + (<usize>y << 2)) - offsetY + top;
    const from = max(begin, top);
    const to = min(begin + load<i32>(rowFirst + (<usize>(y + 1) << 2)) - first, bottom);
    const count = max(to - from, 0);
    if (count === 0) memory.fill(lines + <usize>(from & mask) * bytes, 0, bytes); // outside the photo: zeros
    ready = max(ready, from);
    while (ready < to) {
      const p = photo + <usize>ready * stride;
      const line = lines + <usize>(ready & mask) * bytes;
      if (taps > 0) {
        twoRows(p + <usize>left * 3, ready + 1 < bottom ? stride : 0, inside, place);
        for (let k: usize = 0; k < 128; k += 16) v128.store(place + (<usize>inside << 4) + k, i64x2.splat(0)); // bytes read beyond the end
        tappedRows(doubles, side, taps, columnStart, columnWeights, line, lines + <usize>((ready + 1) & mask) * bytes);
        ready += 2;
      } else {
        croppedRow(p, left - offsetX, left, right, side, columnStart, columnFirst, columnWeights, weighted, line);
        ready++;
      }
    }
    combinedRows(lines, mask, from, count, rowWeights + (<usize>(first + from - begin) << 2), weighted, blockScale, side, sum, out);
  }
}
