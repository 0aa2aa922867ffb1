/**
 * Randomness with one seed. A stream is named by the path of its forks, (seed, purpose, epoch, identity, image), and its draws depend on
 * nothing else: the same with one worker or eight, in any order, and after a kill.
 */

export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number;
  /** Normal, mean 0, variance 1 (Box–Muller; two uniforms a draw). */
  normal(): number;
  /** A whole number in [0, `below`). */
  integer(below: number): number;
  /** An independent stream; forking draws nothing from this one. */
  fork(...path: readonly (string | number)[]): Random;
  /** Names the stream, for `restoreRandom`: another thread can go on from its beginning. */
  readonly key: string;
}

/** The stream of a `key`, from its beginning. */
export function restoreRandom(key: string): Random {
  const words = key.split('-').map(Number);
  if (words.length !== 4 || !words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32))
    throw new RangeError(`"${key}" is no key of a stream`);
  return stream(words as unknown as Words);
}

/** The root stream of a seed. */
export function createRandom(seed: number | string): Random {
  return stream(hash(HASH_START, typeof seed === 'number' ? `n${seed}` : `s${seed}`));
}

/** The first `count` of a Fisher–Yates shuffle of 0 … `length` − 1: a seeded pick without repeats. */
export function permutation(length: number, random: Random, count = length): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let i = 0; i < Math.min(count, length - 1); i++) {
    const j = i + random.integer(length - i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.slice(0, count);
}

type Words = readonly [number, number, number, number];
const HASH_START: Words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x85ebca6b];

/** Mixes a path part into 128 bits: four lanes of multiply–xorshift rounds with the lane multipliers of MurmurHash3_x86_128. */
function hash(start: Words, text: string): Words {
  let [a, b, c, d] = start;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = Math.imul(a ^ k, 0x239b961b) ^ (b >>> 15);
    b = Math.imul(b ^ k, 0xab0e9789) ^ (c >>> 13);
    c = Math.imul(c ^ k, 0x38b34ae5) ^ (d >>> 16);
    d = Math.imul(d ^ k, 0xa1e38b93) ^ (a >>> 14);
  }
  const finish = (h: number, salt: number): number => {
    let v = h ^ Math.imul(salt ^ text.length, 0x9e3779b1);
    v = Math.imul(v ^ (v >>> 16), 0x85ebca6b);
    v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35);
    return (v ^ (v >>> 16)) >>> 0;
  };
  return [finish(a ^ d, 1), finish(b ^ a, 2), finish(c ^ b, 3), finish(d ^ c, 4)];
}

/** sfc32 (Chris Doty-Humphrey, PractRand) over a hashed state. */
function stream(state: Words): Random {
  let [a, b, c, d] = state;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const uniform = (): number => next() / 4294967296;
  return {
    get key() {
      return state.join('-');
    },
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (below) => Math.floor(uniform() * below),
    fork: (...path) =>
      stream(
        path.reduce<Words>((words, part) => hash(words, typeof part === 'number' ? `n${part}` : `s${part}`), state),
      ),
  };
}
