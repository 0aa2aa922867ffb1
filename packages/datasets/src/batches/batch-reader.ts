/**
 * Reads and decodes whole batches of images in its own threads. The bytes and their order do not depend on the number
 * of threads, because every image has its place in shared memory.
 */
import { fitPixels, mirrorPixels, workInProgress } from '@facewright/platform';
import type { BatchReader, BatchReaderOptions, RgbImage } from '@facewright/core';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { ImagePlace } from '../dataset/index-format.js';
import type { FillTask } from './fill.js';

/** What a reader needs from a dataset. */
export interface BatchSource {
  /** Paths of the shards. */
  readonly paths: readonly string[];
  placeOf(index: number): ImagePlace;
  /** Rereads an image that a thread could not read: it either works this time, or rejects with the right error. */
  read(index: number): Promise<RgbImage>;
}

const MOST_THREADS = 8;
/** Fewer images are not worth a message to a thread. */
const LEAST_IN_TASK = 8;

export function openBatchReader(
  source: BatchSource,
  { size, threads = defaultThreads() }: BatchReaderOptions,
): BatchReader {
  const pool = new Piscina<FillTask, number[]>({
    // the compiled file, also where the sources run: Node itself loads it in the new thread
    filename: createRequire(import.meta.url).resolve('@facewright/datasets/worker'),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Infinity,
    workerData: source.paths,
    execArgv: [], // export conditions for running from source do not apply to the compiled file
  });
  const work = workInProgress();
  const bytesEach = size[0] * size[1] * 3;

  const read = async (samples: ArrayLike<number>, mirrored?: ArrayLike<boolean>): Promise<Uint8Array> => {
    const pixels = new Uint8Array(new SharedArrayBuffer(samples.length * bytesEach));
    const each = Math.max(LEAST_IN_TASK, Math.ceil(samples.length / threads));
    const tasks: Promise<number[]>[] = [];
    for (let first = 0; first < samples.length; first += each)
      tasks.push(pool.run(taskOf(source, { samples, mirrored, first, end: first + each, size, pixels })));
    for (const place of (await Promise.all(tasks)).flat()) {
      const into = pixels.subarray(place * bytesEach, (place + 1) * bytesEach);
      into.set(fitPixels(await source.read(samples[place]), size));
      if (mirrored?.[place]) mirrorPixels(into, size[1]);
    }
    return pixels;
  };
  return {
    read: (samples, mirrored) => work.add(read(samples, mirrored)),
    // waited for here, because native code returning to a dead thread ends the process
    close: async () => {
      await work.ended();
      await pool.close({ force: true });
    },
  };
}

const defaultThreads = (): number => Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));

function taskOf(
  { placeOf }: BatchSource,
  {
    samples,
    mirrored,
    first,
    end,
    size,
    pixels,
  }: {
    readonly samples: ArrayLike<number>;
    readonly mirrored?: ArrayLike<boolean>;
    readonly first: number;
    readonly end: number;
  } & Pick<FillTask, 'size' | 'pixels'>,
): FillTask {
  const count = Math.min(end, samples.length) - first;
  const task = {
    shards: new Uint32Array(count),
    offsets: new Float64Array(count),
    sizes: new Uint32Array(count),
    checksums: new Uint32Array(count),
    mirrored: new Uint8Array(count),
  };
  for (let i = 0; i < count; i++) {
    const { shard, offset, size, crc } = placeOf(samples[first + i]);
    task.shards[i] = shard;
    task.offsets[i] = offset;
    task.sizes[i] = size;
    task.checksums[i] = crc;
    task.mirrored[i] = mirrored?.[first + i] ? 1 : 0;
  }
  return { ...task, size, pixels, first };
}
