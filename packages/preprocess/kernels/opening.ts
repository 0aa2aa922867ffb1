// src/augment/opening.ts in SIMD: sixteen values at once.

/** Windows up to this size are read whole; larger ones are combined in pairs. */
const FEW = 7;

@inline
function better(a: v128, b: v128, greatest: bool): v128 {
  return greatest ? i8x16.max_u(a, b) : i8x16.min_u(a, b);
}

/** Replaces each value by the minimum (or maximum) of the `size` values from it on, `step` bytes apart. */
@inline
function joined(values: usize, end: usize, step: usize, size: i32, greatest: bool): void {
  if (size <= FEW) {
    if (size === 5) {
      // the default size: without an inner loop it takes half the time
      for (let p = values; p < end; p += 16) {
        const first = better(v128.load(p), v128.load(p + step), greatest);
        const second = better(v128.load(p + 2 * step), v128.load(p + 3 * step), greatest);
        v128.store(p, better(better(first, second, greatest), v128.load(p + 4 * step), greatest));
      }
      return;
    }
    const reach = <usize>(size - 1) * step;
    for (let p = values; p < end; p += 16) {
      let best = v128.load(p);
      for (let q = p + step; q <= p + reach; q += step) best = better(best, v128.load(q), greatest);
      v128.store(p, best);
    }
    return;
  }
  for (let covered = 1; covered < size; ) {
    const shift = min(covered, size - covered);
    const ahead = <usize>shift * step;
    for (let p = values; p < end; p += 16) v128.store(p, better(v128.load(p), v128.load(p + ahead), greatest));
    covered += shift;
  }
}

/** `memory.copy` calls into the engine, which for a few hundred bytes takes longer than the copy. */
@inline
function copied(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at++) store<u8>(to + at, load<u8>(from + at));
}

/**
 * Writes the minimum (or maximum) of the square around each value of `src` to `out`. `room` holds the padded image plus
 * as many rows as the square is high.
 */
@inline
function reduced(src: usize, width: i32, height: i32, reach: i32, room: usize, out: usize, greatest: bool): void {
  const row = <usize>width * 3;
  const padded = <usize>(width + 2 * reach) * 3;
  const rows = <usize>(height + 2 * reach);
  const end = room + padded * rows;
  memory.fill(room, greatest ? 0 : 255, end - room);
  for (let y = 0; y < height; y++) copied(src + <usize>y * row, room + <usize>(y + reach) * padded + <usize>reach * 3, row);
  joined(room, end, 3, 2 * reach + 1, greatest);
  joined(room, end, padded, 2 * reach + 1, greatest);
  for (let y = 0; y < height; y++) copied(room + <usize>y * padded, out + <usize>y * row, row);
}

/** `out` must not be `src`. */
export function opening(src: usize, width: i32, height: i32, reach: i32, room: usize, out: usize): void {
  reduced(src, width, height, reach, room, out, false);
  reduced(out, width, height, reach, room, out, true);
}
