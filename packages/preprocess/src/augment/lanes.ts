/**
 * Random bits for noise: four parallel sfc32 generators (Chris Doty-Humphrey, PractRand), one per SIMD lane, seeded
 * from a stream. Words come lane by lane, step by step.
 */
import type { Random } from '@facewright/core';

const LANES = 4;
const WARM_UP = 12;

/** State of the lanes: a, b, c and d, four words each. */
export function seededLanes(random: Random): Uint32Array {
  const state = new Uint32Array(4 * LANES);
  for (let i = 0; i < state.length; i++) state[i] = random.integer(2 ** 32);
  const words = new Uint32Array(LANES);
  for (let i = 0; i < WARM_UP; i++) nextWords(state, words);
  return state;
}

/** Writes four words to `words` and advances the state. */
export function nextWords(state: Uint32Array, words: Uint32Array): void {
  for (let lane = 0; lane < LANES; lane++) {
    const [a, b, c, d] = [state[lane], state[LANES + lane], state[2 * LANES + lane], state[3 * LANES + lane]];
    const t = (((a + b) | 0) + d) | 0;
    state[3 * LANES + lane] = d + 1;
    state[lane] = b ^ (b >>> 9);
    state[LANES + lane] = c + (c << 3);
    state[2 * LANES + lane] = ((c << 21) | (c >>> 11)) + t;
    words[lane] = t;
  }
}
