/**
 * Randomness from one seed. A stream is identified by its path of forks (seed, purpose, epoch, identity, image), and
 * its draws depend on nothing else: they are the same with one worker or eight, in any order, and after a kill.
 */

export interface Random {
  /** Uniform in [0, 1), with 32 random bits. */
  uniform(): number;
  /** Normal with mean 0 and variance 1 (Box–Muller; uses two uniform draws). */
  normal(): number;
  /** An integer in [0, `below`). */
  integer(below: number): number;
  /** An independent stream. Forking draws nothing from this one. */
  fork(...path: readonly (string | number)[]): Random;
  /** Identifies the stream for `restoreRandom`, for example in another thread. */
  readonly key: string;
}

/** Recreates the stream of a `key`, from its start. */
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

/** The first `count` elements of a Fisher–Yates shuffle of 0 … `length` − 1: seeded sampling without replacement. */
export function permutation(length: number, random: Random, count = length): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  for (let i = 0; i < Math.min(count, length - 1); i++) {
    const j = i + random.integer(length - i);
    const former = order[i];
    order[i] = order[j];
    order[j] = former;
  }
  return count < length ? order.slice(0, count) : order;
}

/** The same shuffle one element at a time, for as many as are wanted: draws no more than that. */
export function* shuffled(length: number, random: Random): Generator<number, void> {
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  for (let i = 0; i < length; i++) {
    const j = i < length - 1 ? i + random.integer(length - i) : i;
    const drawn = order[j];
    order[j] = order[i];
    yield drawn;
  }
}

type Words = readonly [number, number, number, number];
const HASH_START: Words = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x85ebca6b];

/**
 * Mixes a path element into 128 bits: four lanes of multiply–xorshift rounds with the lane multipliers of
 * MurmurHash3_x86_128.
 */
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

/** sfc32 (Chris Doty-Humphrey, PractRand) seeded with a hashed state. */
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
