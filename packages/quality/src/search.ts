/**
 * Finds the similar rows of two sets of embeddings, exactly: blocks of cosines as matrix products on an engine, of which
 * only the largest in each run of columns comes back. Without an engine, and for few rows, pair by pair.
 */
import { hostTensor, throwIfAborted, type Engine, type StepFunction } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { similarity, type Embeddings } from './embeddings.js';

export interface SearchOptions {
  /** Computes the blocks. */
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  /** Rows of `a` that are done. */
  progress?(done: number, total: number): void;
}

/** Called for a pair whose cosine is at least the floor of its row of `a`; may raise that floor. */
export type Found = (row: number, other: number, similarity: number) => void;

/** Rows of `a` and of `b` in a block, and how many of the latter share the one cosine that comes back. */
const [ROWS, COLUMNS, RUN] = [512, 4096, 32];
const RUNS = COLUMNS / RUN;
/** With fewer pairs, compiling takes longer than it saves. */
const FEW_PAIRS = 4_000_000;
/** More than an engine's float32 cosine of rows of length 1 can be off. */
const SLACK = 1e-4;

/**
 * `floors` has a number for each row of `a`. Without `b` the pairs are within `a`, each found once, with the lower row
 * first. The order of the pairs is unspecified.
 */
export async function findSimilar(
  a: Embeddings,
  b: Embeddings | undefined,
  floors: Float32Array,
  found: Found,
  { engine, signal, progress }: SearchOptions = {},
): Promise<void> {
  const others = b ?? a;
  const compare = (row: number, first: number, end: number): void => {
    for (let other = b ? first : Math.max(first, row + 1); other < end; other++) {
      const score = similarity(a, row, others, other);
      if (score >= floors[row]) found(row, other, score);
    }
  };
  if (!engine || a.count * others.count < FEW_PAIRS) {
    for (let row = 0; row < a.count; row++) {
      throwIfAborted(signal, 'comparing embeddings');
      compare(row, 0, others.count);
      progress?.(row + 1, a.count);
    }
    return;
  }
  const executable = engine.compile(largest, { name: 'similar rows', inputsStay: true });
  try {
    for (let top = 0; top < a.count; top += ROWS) {
      const rows = Math.min(ROWS, a.count - top);
      for (let left = b ? 0 : top - (top % COLUMNS); left < others.count; left += COLUMNS) {
        throwIfAborted(signal, 'comparing embeddings');
        const inputs = { a: block(a, top, ROWS), b: block(others, left, COLUMNS) };
        const maxima = (await executable.run(inputs)).maxima.data as Float32Array;
        for (let row = 0; row < rows; row++)
          eachRun(maxima.subarray(row * RUNS, (row + 1) * RUNS), floors, top + row, (run) =>
            compare(top + row, left + run * RUN, Math.min(left + (run + 1) * RUN, others.count)),
          );
      }
      progress?.(top + rows, a.count);
    }
  } finally {
    executable.dispose();
  }
}

/** The largest cosine of each row of `a` [ROWS, size] in each run of rows of `b` [COLUMNS, size]: [ROWS, RUNS]. */
const largest: StepFunction = (_, { a, b }) => {
  const cosines = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);
  return { outputs: { maxima: tf.max(tf.reshape(cosines, [ROWS, RUNS, RUN]), 2) } };
};

/** Some rows; after the last of them zeros, so that all blocks have one shape. */
function block({ count, size, data }: Embeddings, first: number, rows: number) {
  const end = Math.min(first + rows, count);
  const held = data.subarray(first * size, end * size);
  if (end - first === rows) return hostTensor([rows, size], held);
  const padded = new Float32Array(rows * size);
  padded.set(held);
  return hostTensor([rows, size], padded);
}

/** Visits the runs that may hold something above the row's floor, the best first, because that may raise the floor. */
function eachRun(maxima: Float32Array, floors: Float32Array, row: number, visit: (run: number) => void): void {
  const may = (run: number): boolean => maxima[run] >= floors[row] - SLACK;
  const runs: number[] = [];
  for (let run = 0; run < maxima.length; run++) if (may(run)) runs.push(run);
  for (const run of runs.sort((one, other) => maxima[other] - maxima[one])) if (may(run)) visit(run);
}
