/** What a worker thread does: creates the parts of its recipe, then turns photos into encoded images. */
import {
  makePart,
  restoreRandom,
  type Emit,
  type PluginContext,
  type PluginFactory,
  type PluginKind,
  type PluginReference,
} from '@facewright/core';
import { importPlugins, loadPlugin } from '@facewright/platform/node';
import { outcomeEncoder } from './encode.js';
import { processPhoto, type PhotoTask, type Processing } from './photo.js';
import type { EncodedPhoto, WorkerJob } from './workers.js';

/** A photo's result, and the memory of its images, which can be moved to another thread. */
export interface WorkerResult {
  readonly result: EncodedPhoto;
  readonly buffers: readonly ArrayBuffer[];
}

/** Rejects if a part cannot be made, except the detector and its engine: they are made when a photo needs them. */
export async function photoProcessor(job: WorkerJob, emit: Emit): Promise<(task: PhotoTask) => Promise<WorkerResult>> {
  const processing = await partsOf(job, emit);
  const encode = await outcomeEncoder(job.encoding);
  return async (task) => {
    const { outcome, seconds } = await processPhoto(task, processing);
    const start = performance.now();
    const encoded = await encode(outcome);
    return {
      result: { outcome: encoded, seconds: { ...seconds, encode: (performance.now() - start) / 1000 } },
      buffers: 'images' in encoded ? encoded.images.map(({ bytes }) => bytes.buffer as ArrayBuffer) : [],
    };
  };
}

async function partsOf(job: WorkerJob, emit: Emit): Promise<Processing> {
  const { modules, baseDirectory, where, backend, detector, aligner, augmenters, faces, withoutFace, limits } = job;
  const random = restoreRandom(job.random);
  const known: PluginFactory[] = [];
  for (const name of modules) known.push(...(await importPlugins(name, { baseDirectory, where })));
  const source = { known, baseDirectory, where };
  const make = async <K extends PluginKind>(kind: K, reference: PluginReference) =>
    makePart(await loadPlugin(kind, reference, source), context(kind));
  const engine = once(async () => (await make('backend', backend)).open());
  const context = (purpose: string): PluginContext => ({
    random: random.fork('part', purpose),
    emit,
    signal: new AbortController().signal,
    engine,
    baseDirectory,
  });
  const tiers = await Promise.all(
    augmenters.map(async (references) => ({
      augmenters: await Promise.all(
        references.map(async (reference) => ({
          name: typeof reference === 'string' ? reference : reference.name,
          augmenter: await make('augmenter', reference),
        })),
      ),
    })),
  );
  return {
    aligner: await make('aligner', aligner),
    detector: once(() => make('detector', detector)),
    tiers,
    faces,
    withoutFace,
    limits,
    random,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
