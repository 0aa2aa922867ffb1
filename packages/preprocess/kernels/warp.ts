// src/align/warp.ts in SIMD: the same positions in 1/1024 pixel, the same weights of 1/32, two products a neighbour pair in one instruction.

/** Pixels to whole 1/1024ths, halves to even. */
@inline
function position(pixels: f64): i32 {
  return <i32>nearest(pixels * 1024);
}

/** One channel where neighbours may lie outside. */
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

/** Two neighbours' values of each channel beside each other, as 16 bits: red, red, green, green, blue, blue, nothing. */
@inline
function pairs(p: usize): v128 {
  return i8x16.swizzle(v128.load64_zero(p), i8x16(0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16));
}

/** A pixel all of whose four neighbours are there; a byte after it is written, too. */
@inline
function inside(p: usize, row: i32, fx: i32, fy: i32, out: usize): void {
  const share = (32 - fx) | (fx << 16);
  let sum = i32x4.dot_i16x8_s(pairs(p), i32x4.splat(share * (32 - fy)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(pairs(p + row), i32x4.splat(share * fy)));
  sum = i32x4.shr_u(i32x4.add(sum, i32x4.splat(512)), 10);
  const words = i16x8.narrow_i32x4_u(sum, sum);
  v128.store32_lane(out, i8x16.narrow_i16x8_u(words, words), 0);
}

/** Whether all four neighbours of a position in 1/32 pixel are there. */
@inline
function isInside(stepsX: i32, stepsY: i32, width: i32, height: i32): bool {
  return <u32>(stepsX >> 5) < <u32>(width - 1) && <u32>(stepsY >> 5) < <u32>(height - 1);
}

/**
 * `src`: RGB of a window of the photo, whose first pixel is (`left`, `top`) of it, with 16 bytes that may be read after it; `columns`: room
 * for 2 × size i32; `out`: size × size RGB and 4 bytes more.
 */
export function warp(src: usize, width: i32, height: i32, left: i32, top: i32, a: f64, b: f64, tx: f64, ty: f64, size: i32, columns: usize, out: usize): void {
  const row = width * 3;
  for (let x = 0; x < size; x++) {
    store<i32>(columns + (x << 3), position(a * <f64>x));
    store<i32>(columns + (x << 3) + 4, position(b * <f64>x));
  }
  const ends = columns + <usize>(size << 3);
  for (let y = 0; y < size; y++) {
    const startX = position(-b * <f64>y + tx) + 16 - (left << 10);
    const startY = position(a * <f64>y + ty) + 16 - (top << 10);
    // positions only rise or only fall along a row: where both its ends are inside, all of it is
    const lastX = (startX + load<i32>(ends - 8)) >> 5;
    const lastY = (startY + load<i32>(ends - 4)) >> 5;
    if (isInside(startX >> 5, startY >> 5, width, height) && isInside(lastX, lastY, width, height)) {
      for (let at = columns; at < ends; at += 8, out += 3) {
        const stepsX = (startX + load<i32>(at)) >> 5;
        const stepsY = (startY + load<i32>(at, 4)) >> 5;
        inside(src + (stepsY >> 5) * row + (stepsX >> 5) * 3, row, stepsX & 31, stepsY & 31, out);
      }
      continue;
    }
    for (let at = columns; at < ends; at += 8, out += 3) {
      const stepsX = (startX + load<i32>(at)) >> 5;
      const stepsY = (startY + load<i32>(at, 4)) >> 5;
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
