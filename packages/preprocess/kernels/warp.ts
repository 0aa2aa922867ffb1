// src/align/warp.ts in SIMD: the same positions in 1/1024 pixel and weights of 1/32, with two products per pair of
// neighbours in one instruction.

/** Pixels to whole 1/1024ths, rounding half to even. */
@inline
function position(pixels: f64): i32 {
  return <i32>nearest(pixels * 1024);
}

/** One channel, if neighbours may be outside. */
@inline
function atBorder(p: usize, row: i32, left: i32, top: i32, width: i32, height: i32, fx: i32, fy: i32): u8 {
  let sum = 512;
  const l = left >= 0;
  const r = left + 1 < width;
  if (top >= 0) {
    if (l) sum += (32 - fx) * (32 - fy) * load<u8>(p);
    if (r) sum += fx * (32 - fy) * load<u8>(p + 3);
  }
  if (top + 1 < height) {
    if (l) sum += (32 - fx) * fy * load<u8>(p + row);
    if (r) sum += fx * fy * load<u8>(p + row + 3);
  }
  return <u8>(sum >> 10);
}

/** Interleaves the values of two neighbours as 16 bits: red, red, green, green, blue, blue, nothing. */
@inline
function pairs(p: usize): v128 {
  // 128 rather than 16 for nothing: V8 then needs one instruction less
  return i8x16.swizzle(v128.load64_zero(p), i8x16(0, -128, 3, -128, 1, -128, 4, -128, 2, -128, 5, -128, -128, -128, -128, -128));
}

/**
 * The channels of a pixel with all four neighbours inside, from the weights of its upper and lower pair: left neighbour
 * in the low half, right one in the high half.
 */
@inline
function between(p: usize, row: i32, upper: v128, lower: v128): v128 {
  const sum = i32x4.add(i32x4.dot_i16x8_s(pairs(p), upper), i32x4.dot_i16x8_s(pairs(p + row), lower));
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(512)), 10);
}

/** One such pixel. One byte after it is also written. */
@inline
function inside(p: usize, row: i32, fx: i32, fy: i32, out: usize): void {
  const share = (32 - fx) | (fx << 16);
  const values = between(p, row, i32x4.splat(share * (32 - fy)), i32x4.splat(share * fy));
  const words = i16x8.narrow_i32x4_u(values, values);
  v128.store32_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
}

/** Four such pixels, from their positions in 1/32 pixel. Four bytes after them are also written. */
@inline
function fourInside(src: usize, row: i32, stepsX: v128, stepsY: v128, out: usize): void {
  const column = i32x4.shr_s(stepsX, 5);
  const offsets = i32x4.add(i32x4.mul(i32x4.shr_s(stepsY, 5), i32x4.splat(row)), i32x4.add(column, i32x4.shl(column, 1)));
  const firstTwo = i64x2.extract_lane(offsets, 0);
  const lastTwo = i64x2.extract_lane(offsets, 1);
  const fx = v128.and(stepsX, i32x4.splat(31));
  const fy = v128.and(stepsY, i32x4.splat(31));
  const share = v128.or(i32x4.sub(i32x4.splat(32), fx), i32x4.shl(fx, 16));
  const upper = i32x4.mul(share, i32x4.sub(i32x4.splat(32), fy));
  const lower = i32x4.mul(share, fy);
  const a = between(src + <i32>firstTwo, row, i32x4.shuffle(upper, upper, 0, 0, 0, 0), i32x4.shuffle(lower, lower, 0, 0, 0, 0));
  const b = between(src + <i32>(firstTwo >> 32), row, i32x4.shuffle(upper, upper, 1, 1, 1, 1), i32x4.shuffle(lower, lower, 1, 1, 1, 1));
  const c = between(src + <i32>lastTwo, row, i32x4.shuffle(upper, upper, 2, 2, 2, 2), i32x4.shuffle(lower, lower, 2, 2, 2, 2));
  const d = between(src + <i32>(lastTwo >> 32), row, i32x4.shuffle(upper, upper, 3, 3, 3, 3), i32x4.shuffle(lower, lower, 3, 3, 3, 3));
  const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d));
  v128.store(out, i8x16.swizzle(bytes, i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -128, -128, -128, -128)));
}

/** Whether all four neighbours of a position in 1/32 pixel are inside. */
@inline
function isInside(stepsX: i32, stepsY: i32, width: i32, height: i32): bool {
  return <u32>(stepsX >> 5) < <u32>(width - 1) && <u32>(stepsY >> 5) < <u32>(height - 1);
}

/**
 * `src`: RGB of a window of the photo whose first pixel is at (`left`, `top`), with 16 readable bytes after it;
 * `columns`: space for 2 × size i32; `out`: size × size RGB and 4 more bytes.
 */
export function warp(src: usize, width: i32, height: i32, left: i32, top: i32, a: f64, b: f64, tx: f64, ty: f64, size: i32, columns: usize, out: usize): void {
  const row = width * 3;
  const plane = <usize>size << 2;
  for (let x = 0; x < size; x++) {
    store<i32>(columns + (x << 2), position(a * <f64>x));
    store<i32>(columns + plane + (x << 2), position(b * <f64>x));
  }
  const ends = columns + plane;
  for (let y = 0; y < size; y++) {
    const startX = position(-b * <f64>y + tx) + 16 - (left << 10);
    const startY = position(a * <f64>y + ty) + 16 - (top << 10);
    // positions are monotonic along a row, so if both ends are inside, all of it is
    const lastX = (startX + load<i32>(ends - 4)) >> 5;
    const lastY = (startY + load<i32>(ends + plane - 4)) >> 5;
    let at = columns;
    if (isInside(startX >> 5, startY >> 5, width, height) && isInside(lastX, lastY, width, height)) {
      for (; at + 16 <= ends; at += 16, out += 12) {
        const stepsX = i32x4.shr_s(i32x4.add(i32x4.splat(startX), v128.load(at)), 5);
        const stepsY = i32x4.shr_s(i32x4.add(i32x4.splat(startY), v128.load(at + plane)), 5);
        fourInside(src, row, stepsX, stepsY, out);
      }
    }
    for (; at < ends; at += 4, out += 3) {
      const stepsX = (startX + load<i32>(at)) >> 5;
      const stepsY = (startY + load<i32>(at + plane)) >> 5;
      const column = stepsX >> 5;
      const line = stepsY >> 5;
      const p = src + line * row + column * 3;
      if (isInside(stepsX, stepsY, width, height)) {
        inside(p, row, stepsX & 31, stepsY & 31, out);
      } else if (column < -1 || line < -1 || column >= width || line >= height) {
        store<u32>(out, 0);
      } else {
        for (let channel = 0; channel < 3; channel++) store<u8>(out + channel, atBorder(p + channel, row, column, line, width, height, stepsX & 31, stepsY & 31));
      }
    }
  }
}
