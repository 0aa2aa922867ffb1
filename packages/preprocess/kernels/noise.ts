// src/augment/lanes.ts and its noises in SIMD: four sfc32 generators, one per lane, whose state a, b, c, d is four u32
// each. The state is kept in locals and the step inlined everywhere, because memory access would dominate its run time.

@inline
function sum(a: v128, b: v128, d: v128): v128 {
  return i32x4.add(i32x4.add(a, b), d);
}
@inline
function mixedA(b: v128): v128 {
  return v128.xor(b, i32x4.shr_u(b, 9));
}
@inline
function mixedB(c: v128): v128 {
  return i32x4.add(c, i32x4.shl(c, 3));
}
@inline
function mixedC(c: v128, t: v128): v128 {
  return i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), t);
}

/** Offset in `table` of the level selected by 16 random bits. */
@inline
function chosen(table: usize, bits: i32): usize {
  return table + (<usize>bits << 1);
}

/**
 * Adds to each value the grey levels that 16 random bits select from `table`, 65,536 × i16. `count` is rounded up to a
 * multiple of eight.
 */
export function gaussian(src: usize, out: usize, count: i32, table: usize, state: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  const one = i32x4.splat(1);
  for (let i = 0; i < count; i += 8) {
    const bits = sum(a, b, d);
    a = mixedA(b);
    b = mixedB(c);
    c = mixedC(c, bits);
    d = i32x4.add(d, one);
    let levels = v128.load16_splat(chosen(table, i16x8.extract_lane_u(bits, 0)));
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 1)), levels, 1);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 2)), levels, 2);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 3)), levels, 3);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 4)), levels, 4);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 5)), levels, 5);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 6)), levels, 6);
    levels = v128.load16_lane(chosen(table, i16x8.extract_lane_u(bits, 7)), levels, 7);
    const sums = i16x8.add(i16x8.extend_low_i8x16_u(v128.load64_zero(src + i)), levels);
    v128.store64_lane(out + i, i8x16.narrow_i16x8_u(sums, sums), 0);
  }
}

/**
 * Values whose 32 random bits are below `struck` become black, or white below `salt`. `count` is rounded up to a
 * multiple of sixteen.
 */
export function saltAndPepper(src: usize, out: usize, count: i32, struck: u32, salt: u32, state: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  const one = i32x4.splat(1);
  // SIMD compares signed numbers, so the top bit is flipped on both sides
  const top = i32x4.splat(<i32>0x80000000);
  const forStruck = v128.xor(i32x4.splat(<i32>struck), top);
  const forSalt = v128.xor(i32x4.splat(<i32>salt), top);
  let t: v128;
  for (let i = 0; i < count; i += 16) {
    t = sum(a, b, d);
    const first = v128.xor(t, top);
    a = mixedA(b);
    b = mixedB(c);
    c = mixedC(c, t);
    d = i32x4.add(d, one);
    t = sum(a, b, d);
    const second = v128.xor(t, top);
    a = mixedA(b);
    b = mixedB(c);
    c = mixedC(c, t);
    d = i32x4.add(d, one);
    t = sum(a, b, d);
    const third = v128.xor(t, top);
    a = mixedA(b);
    b = mixedB(c);
    c = mixedC(c, t);
    d = i32x4.add(d, one);
    t = sum(a, b, d);
    const fourth = v128.xor(t, top);
    a = mixedA(b);
    b = mixedB(c);
    c = mixedC(c, t);
    d = i32x4.add(d, one);
    const black = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(i32x4.lt_s(first, forStruck), i32x4.lt_s(second, forStruck)),
      i16x8.narrow_i32x4_s(i32x4.lt_s(third, forStruck), i32x4.lt_s(fourth, forStruck)),
    );
    const white = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(i32x4.lt_s(first, forSalt), i32x4.lt_s(second, forSalt)),
      i16x8.narrow_i32x4_s(i32x4.lt_s(third, forSalt), i32x4.lt_s(fourth, forSalt)),
    );
    v128.store(out + i, v128.or(v128.andnot(v128.load(src + i), black), white));
  }
}
