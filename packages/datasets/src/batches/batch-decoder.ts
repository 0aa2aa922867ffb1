/** Decodes many encoded images at once in threads, as a batch reader does those of a dataset's shards. */
import { workInProgress } from '@facewright/platform';
import { joinBytes, type RgbImage } from '@facewright/core';
import { crc32 } from 'node:zlib';
import { newPixels } from './batch-memory.js';
import { HELD, type FillTask } from './fill.js';
import { defaultThreads, openFillThreads } from './fill-threads.js';

export interface BatchDecoder {
  /** Images of the decoder's size, in order; `undefined` where one cannot be decoded: `decodeImage` says why. */
  decode(files: readonly Uint8Array[]): Promise<(RgbImage | undefined)[]>;
  /** Waits for work in progress and ends the threads. */
  close(): Promise<void>;
}

export interface BatchDecoderOptions {
  /** Height and width of the images in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Default: one fewer than the processor has, at most 8. */
  readonly threads?: number;
}

/** Fewer images are not worth a message to a thread. */
const LEAST_IN_TASK = 8;

export function openBatchDecoder({ size, threads = defaultThreads() }: BatchDecoderOptions): BatchDecoder {
  const pool = openFillThreads(threads, { paths: [], mostOpen: 1 });
  const work = workInProgress();
  const [height, width] = size;
  const bytesEach = height * width * 3;
  const decode = async (files: readonly Uint8Array[]): Promise<(RgbImage | undefined)[]> => {
    const pixels = newPixels(files.length * bytesEach);
    const each = Math.max(LEAST_IN_TASK, Math.ceil(files.length / threads));
    const tasks: Promise<number[]>[] = [];
    for (let first = 0; first < files.length; first += each)
      tasks.push(pool.run(taskOf(files.slice(first, first + each), { size, pixels, first })));
    const failed = new Set((await Promise.all(tasks)).flat());
    return files.map((_, place) =>
      failed.has(place)
        ? undefined
        : { width, height, data: pixels.subarray(place * bytesEach, (place + 1) * bytesEach) },
    );
  };
  return {
    decode: (files) => work.add(decode(files)),
    close: async () => {
      await work.ended();
      await pool.close();
    },
  };
}

function taskOf(files: readonly Uint8Array[], rest: Pick<FillTask, 'size' | 'pixels' | 'first'>): FillTask {
  const sizes = Uint32Array.from(files, ({ length }) => length);
  const offsets = new Float64Array(files.length);
  for (let i = 1; i < files.length; i++) offsets[i] = offsets[i - 1] + sizes[i - 1];
  return {
    ...rest,
    held: joinBytes(files),
    offsets,
    sizes,
    shards: new Uint32Array(files.length).fill(HELD),
    checksums: Uint32Array.from(files, (bytes) => crc32(bytes)),
    mirrored: new Uint8Array(files.length),
  };
}
