// src/augment/lanes.ts and the noises over it in SIMD: four sfc32 generators, one a lane, whose state is a, b, c, d of four u32 each.

let a: v128 = i64x2.splat(0);
let b: v128 = i64x2.splat(0);
let c: v128 = i64x2.splat(0);
let d: v128 = i64x2.splat(0);

@inline
function begin(state: usize): void {
  a = v128.load(state);
  b = v128.load(state, 16);
  c = v128.load(state, 32);
  d = v128.load(state, 48);
}

@inline
function next(): v128 {
  const t = i32x4.add(i32x4.add(a, b), d);
  d = i32x4.add(d, i32x4.splat(1));
  a = v128.xor(b, i32x4.shr_u(b, 9));
  b = i32x4.add(c, i32x4.shl(c, 3));
  c = i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), t);
  return t;
}

@inline
function step(table: usize, lane: i32): i16 {
  return load<i16>(table + (<usize>lane << 1));
}

/** Adds to each value the grey levels that its 16 random bits choose from `table`, 65,536 × i16. `count` is rounded up to eights. */
export function gaussian(src: usize, out: usize, count: i32, table: usize, state: usize): void {
  begin(state);
  for (let i = 0; i < count; i += 8) {
    const bits = next();
    let levels = i16x8.splat(step(table, i16x8.extract_lane_u(bits, 0)));
    levels = i16x8.replace_lane(levels, 1, step(table, i16x8.extract_lane_u(bits, 1)));
    levels = i16x8.replace_lane(levels, 2, step(table, i16x8.extract_lane_u(bits, 2)));
    levels = i16x8.replace_lane(levels, 3, step(table, i16x8.extract_lane_u(bits, 3)));
    levels = i16x8.replace_lane(levels, 4, step(table, i16x8.extract_lane_u(bits, 4)));
    levels = i16x8.replace_lane(levels, 5, step(table, i16x8.extract_lane_u(bits, 5)));
    levels = i16x8.replace_lane(levels, 6, step(table, i16x8.extract_lane_u(bits, 6)));
    levels = i16x8.replace_lane(levels, 7, step(table, i16x8.extract_lane_u(bits, 7)));
    const sum = i16x8.add(i16x8.extend_low_i8x16_u(v128.load64_zero(src + i)), levels);
    v128.store64_lane(out + i, i8x16.narrow_i16x8_u(sum, sum), 0);
  }
}

/** Values whose 32 random bits are below `struck` become black, or white below `salt`. `count` is rounded up to sixteens. */
export function saltAndPepper(src: usize, out: usize, count: i32, struck: u32, salt: u32, state: usize): void {
  begin(state);
  const forStruck = i32x4.splat(<i32>struck);
  const forSalt = i32x4.splat(<i32>salt);
  for (let i = 0; i < count; i += 16) {
    const first = next();
    const second = next();
    const third = next();
    const fourth = next();
    const black = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(i32x4.lt_u(first, forStruck), i32x4.lt_u(second, forStruck)),
      i16x8.narrow_i32x4_s(i32x4.lt_u(third, forStruck), i32x4.lt_u(fourth, forStruck)),
    );
    const white = i8x16.narrow_i16x8_s(
      i16x8.narrow_i32x4_s(i32x4.lt_u(first, forSalt), i32x4.lt_u(second, forSalt)),
      i16x8.narrow_i32x4_s(i32x4.lt_u(third, forSalt), i32x4.lt_u(fourth, forSalt)),
    );
    v128.store(out + i, v128.or(v128.andnot(v128.load(src + i), black), white));
  }
}
