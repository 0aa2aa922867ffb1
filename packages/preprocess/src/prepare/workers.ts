/**
 * Worker threads for the preparation. Each recreates the parts from a recipe, with its own single-threaded engine, and
 * takes photos through all stages up to encoded images. Bytes are transferred both ways without copying.
 */
import { createRequire } from 'node:module';
import { SHARE_ENV } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Events, Exclusion, PluginReference, Sample, UserSpecifier } from '@facewright/core';
import { workInProgress } from '@facewright/platform';
import type { DecodeLimits } from '@facewright/platform/node';
import type { FacesPolicy, PhotoTask, WithoutFacePolicy } from './photo.js';
import type { StageSeconds } from './stages.js';

/** The parts by name, as in a config, so that another thread can create them. */
export interface WorkerRecipe {
  /** Packages (as absolute paths or specifiers) and files whose plugins can be used by name. */
  readonly modules: readonly UserSpecifier[];
  readonly baseDirectory: string;
  /** The config file or command line, for errors. */
  readonly where: string;
  readonly backend: PluginReference;
  readonly detector: PluginReference;
  readonly aligner: PluginReference;
  /** Augmenters of each tier. */
  readonly augmenters: readonly (readonly PluginReference[])[];
}

export interface WorkerJob extends WorkerRecipe {
  readonly faces: FacesPolicy;
  readonly withoutFace: WithoutFacePolicy;
  readonly limits: DecodeLimits;
  /** Key of the preparation's stream. */
  readonly random: string;
  readonly encoding: Encoding;
}

export interface Encoding {
  readonly format: 'jpeg' | 'png';
  readonly encoder?: 'libjpeg-turbo' | 'sharp';
}

export interface EncodedImage {
  readonly sample: Sample;
  readonly bytes: Uint8Array;
}
export type EncodedOutcome = { readonly images: readonly EncodedImage[] } | { readonly exclusion: Exclusion };
export interface EncodedPhoto {
  readonly outcome: EncodedOutcome;
  readonly seconds: StageSeconds;
}

export interface PhotoWorkers {
  readonly count: number;
  process(task: PhotoTask): Promise<EncodedPhoto>;
  /** Waits for photos in progress, then ends the threads. */
  close(): Promise<void>;
}

/** One in progress and one waiting per thread, so that no thread is idle in between. */
const TASKS_A_WORKER = 2;

/**
 * Half of Node's default, so young objects are collected twice as often. sharp's Buffers of whole photos count at their
 * full size, and about ten waiting ones would trigger marking of the whole heap, on as many threads as there are cores.
 */
const YOUNG_MEGABYTES = 24;

/** `notice` receives the messages of parts in workers. */
export function openWorkers(count: number, job: WorkerJob, notice: (event: Events['notice']) => void): PhotoWorkers {
  // the compiled file even when running from source, because Node itself loads it in the new thread
  const filename = createRequire(import.meta.url).resolve('@facewright/preprocess/worker');
  const pool = new Piscina({
    filename,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: TASKS_A_WORKER,
    workerData: job,
    env: SHARE_ENV, // an engine turns off its library's telemetry through the environment, and native code only sees the process's own
    idleTimeout: Infinity,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  pool.on('message', notice);
  const work = workInProgress();
  return {
    count,
    process: ({ photo, bytes, tier }) => {
      const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
      const task = { photo, bytes: own, tier };
      return work.add(pool.run(task, { transferList: [own.buffer as ArrayBuffer] }) as Promise<EncodedPhoto>);
    },
    // waited for here, because the pool's own close ends threads that are still working, and native code returning to a
    // dead thread ends the process
    close: async () => {
      await work.ended();
      await pool.close({ force: true });
    },
  };
}
