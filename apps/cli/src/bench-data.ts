/** Measures how fast batches of a prepared dataset are read and decoded, as a training reads them. */
import { createRandom, permutation, releaseArray, throwIfAborted, type Dataset } from '@facewright/core';

export interface BenchData {
  readonly imagesPerSecond: number;
  readonly images: number;
}

export interface BenchDataOptions {
  readonly batch: number;
  readonly size: readonly [height: number, width: number];
  readonly signal: AbortSignal;
  /** How long to measure. */
  readonly seconds?: number;
}

/** Batches under way at once, as in a training. */
const READ_AHEAD = 3;

/** Reads batches in random order for about `seconds`; a first batch, which starts the threads, does not count. */
export async function benchData(
  dataset: Pick<Dataset, 'length' | 'openBatchReader' | 'directory'>,
  { batch, size, signal, seconds = 2 }: BenchDataOptions,
): Promise<BenchData> {
  const reader = dataset.openBatchReader!({ size });
  const order = permutation(dataset.length, createRandom('bench data'));
  const begin = (step: number): Promise<Uint8Array> =>
    reader.read(Array.from({ length: batch }, (_, i) => order[(step * batch + i) % order.length]));
  try {
    await begin(0);
    const start = performance.now();
    const ahead = Array.from({ length: READ_AHEAD }, (_, index) => begin(index + 1));
    let steps = 0;
    while (performance.now() - start < seconds * 1000) {
      throwIfAborted(signal, dataset.directory);
      ahead.push(begin(READ_AHEAD + ++steps));
      releaseArray((await ahead.shift())!);
    }
    const elapsed = (performance.now() - start) / 1000;
    return { imagesPerSecond: (steps * batch) / elapsed, images: steps * batch };
  } finally {
    await reader.close();
  }
}
