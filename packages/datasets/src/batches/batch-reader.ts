/**
 * Reads and decodes whole batches of images in its own threads. The bytes and their order do not depend on the number
 * of threads, because every image has its place in shared memory.
 */
import { fitPixels, mirrorPixels, workInProgress } from '@facewright/platform';
import type { BatchReader, BatchReaderOptions, RgbImage } from '@facewright/core';
import type { ImagePlace } from '../dataset/index-format.js';
import { OpenFiles } from '../dataset/open-files.js';
import { BatchMemory } from './batch-memory.js';
import { HELD, type FillTask } from './fill.js';
import { defaultThreads, openFillThreads } from './fill-threads.js';
import type { HeldImages } from './held-images.js';
import { ReadAhead } from './read-ahead.js';

/** What a reader needs from a dataset. */
export interface BatchSource {
  /** Paths of the shards. */
  readonly paths: readonly string[];
  placeOf(index: number): ImagePlace;
  /** Rereads an image that a thread could not read: it either works this time, or rejects with the right error. */
  read(index: number): Promise<RgbImage>;
}

/** Shards that stay open in all threads together, well below what a process may open. */
const MOST_OPEN = 1024;
/** Of them, those that are read ahead: one after another. */
const MOST_OPEN_AHEAD = 2;
/** Fewer images are not worth a message to a thread. */
const LEAST_IN_TASK = 8;

export function openBatchReader(
  source: BatchSource,
  { size, threads = defaultThreads() }: BatchReaderOptions,
): BatchReader {
  const pool = openFillThreads(threads, { paths: source.paths, mostOpen: Math.ceil(MOST_OPEN / threads) });
  const ahead = new ReadAhead(new OpenFiles(source.paths, MOST_OPEN_AHEAD), source.placeOf);
  const memory = new BatchMemory();
  const work = workInProgress();
  const bytesEach = size[0] * size[1] * 3;

  const read = async (samples: ArrayLike<number>, mirrored?: ArrayLike<boolean>): Promise<Uint8Array> => {
    const pixels = memory.take(samples.length * bytesEach);
    const each = Math.max(LEAST_IN_TASK, Math.ceil(samples.length / threads));
    const tasks: Promise<number[]>[] = [];
    for (let first = 0; first < samples.length; first += each)
      tasks.push(pool.run(taskOf(source, ahead.held, { samples, mirrored, first, end: first + each, size, pixels })));
    for (const place of (await Promise.all(tasks)).flat()) {
      const into = pixels.subarray(place * bytesEach, (place + 1) * bytesEach);
      into.set(fitPixels(await source.read(samples[place]), size));
      if (mirrored?.[place]) mirrorPixels(into, size[1]);
    }
    memory.lend(pixels);
    return pixels;
  };
  return {
    read: (samples, mirrored) => work.add(read(samples, mirrored)),
    prefetch: (samples, { anew = false } = {}) => ahead.prefetch(samples, anew),
    // waited for here, because native code returning to a dead thread ends the process
    close: async () => {
      await work.ended();
      await ahead.close();
      await pool.close();
    },
  };
}

function taskOf(
  { placeOf }: BatchSource,
  ahead: HeldImages,
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
  const chosen = Array.from({ length: count }, (_, i) => samples[first + i]);
  const held = new Uint8Array(bytesHeld(chosen, ahead));
  for (let i = 0, filled = 0; i < count; i++) {
    const { shard, offset, size, crc } = placeOf(chosen[i]);
    const inMemory = ahead.sizeOf(chosen[i]) !== undefined && filled + size <= held.length;
    if (inMemory) ahead.take(chosen[i], held.subarray(filled));
    task.shards[i] = inMemory ? HELD : shard;
    task.offsets[i] = inMemory ? filled : offset;
    if (inMemory) filled += size;
    task.sizes[i] = size;
    task.checksums[i] = crc;
    task.mirrored[i] = mirrored?.[first + i] ? 1 : 0;
  }
  return { ...task, held, size, pixels, first };
}

function bytesHeld(samples: readonly number[], ahead: HeldImages): number {
  let bytes = 0;
  for (const sample of new Set(samples)) bytes += ahead.sizeOf(sample) ?? 0;
  return bytes;
}
