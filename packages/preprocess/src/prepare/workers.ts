/**
 * Worker threads for the preparation: each makes the parts anew from a recipe, with an engine of its own of one thread, and takes photos
 * through all stages up to the encoded images. Bytes go there and back without being copied.
 */
import { createRequire } from 'node:module';
import { SHARE_ENV } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Events, Exclusion, PluginReference, Sample, UserSpecifier } from '@facewright/core';
import type { DecodeLimits } from '@facewright/platform/node';
import type { FacesPolicy, PhotoTask, WithoutFacePolicy } from './photo.js';
import type { StageSeconds } from './stages.js';

/** The parts by name, as in a config: what another thread can make them from. */
export interface WorkerRecipe {
  /** Packages (as absolute paths or specifiers) and files whose plugins can be used by name. */
  readonly modules: readonly UserSpecifier[];
  readonly baseDirectory: string;
  /** For errors: the config file or the command line. */
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
  /** Lets photos in work end. */
  close(): Promise<void>;
}

/** One in work and one waiting in each thread, so that none stands still between two. */
const TASKS_A_WORKER = 2;

/**
 * Half of Node's default: new objects are looked through twice as often. sharp's Buffers of whole photos count as much as they are large, and some ten of
 * them that wait would have all the heap marked, on as many threads as there are cores.
 */
const YOUNG_MEGABYTES = 24;

/** `notice`: told what a part in a worker says. */
export function openWorkers(count: number, job: WorkerJob, notice: (event: Events['notice']) => void): PhotoWorkers {
  // the compiled file, also where the sources run: Node itself loads it in the new thread
  const filename = createRequire(import.meta.url).resolve('@facewright/preprocess/worker');
  const pool = new Piscina({
    filename,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: TASKS_A_WORKER,
    workerData: job,
    env: SHARE_ENV, // an engine that turns its library's telemetry off does so by the environment, and native code sees no other
    idleTimeout: Infinity,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  pool.on('message', notice);
  const inWork = new Set<Promise<EncodedPhoto>>();
  return {
    count,
    process: ({ photo, bytes, tier }) => {
      const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
      const result = pool.run(
        { photo, bytes: own, tier },
        { transferList: [own.buffer as ArrayBuffer] },
      ) as Promise<EncodedPhoto>;
      inWork.add(result);
      const ended = () => inWork.delete(result);
      result.then(ended, ended);
      return result;
    },
    // waited for here: the pool's own close ends threads that are still at work, and native code that comes back to an ended thread ends the process
    close: async () => {
      await Promise.allSettled(inWork);
      await pool.close({ force: true });
    },
  };
}
