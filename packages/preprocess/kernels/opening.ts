// src/augment/opening.ts in SIMD: sixteen values at once, windows joined two by two.

@inline
function joined(values: usize, end: usize, step: usize, size: i32, greatest: bool): void {
  for (let covered = 1; covered < size; ) {
    const shift = min(covered, size - covered);
    const ahead = <usize>shift * step;
    for (let p = values; p < end; p += 16) {
      const here = v128.load(p);
      const there = v128.load(p + ahead);
      v128.store(p, greatest ? i8x16.max_u(here, there) : i8x16.min_u(here, there));
    }
    covered += shift;
  }
}

/** The least (or greatest) value of the square around each value of `src`, to `out`; `room` holds the padded image and as many rows as the square is high besides. */
function reduced(src: usize, width: i32, height: i32, reach: i32, room: usize, out: usize, greatest: bool): void {
  const row = <usize>width * 3;
  const padded = <usize>(width + 2 * reach) * 3;
  const rows = <usize>(height + 2 * reach);
  const end = room + padded * rows;
  memory.fill(room, greatest ? 0 : 255, end - room);
  for (let y = 0; y < height; y++) memory.copy(room + <usize>(y + reach) * padded + <usize>reach * 3, src + <usize>y * row, row);
  joined(room, end, 3, 2 * reach + 1, greatest);
  joined(room, end, padded, 2 * reach + 1, greatest);
  for (let y = 0; y < height; y++) memory.copy(out + <usize>y * row, room + <usize>y * padded, row);
}

/** `out` may not be `src`. */
export function opening(src: usize, width: i32, height: i32, reach: i32, room: usize, out: usize): void {
  reduced(src, width, height, reach, room, out, false);
  reduced(out, width, height, reach, room, out, true);
}
