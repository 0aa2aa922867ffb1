/** Photos to a dataset directory. */
import { availableParallelism } from 'node:os';
import {
  ALIGNER,
  AUGMENTER,
  DETECTOR,
  EVENTS,
  fromUser,
  pluginContext,
  RANDOM,
  READER,
  SIGNAL,
  type PluginKind,
  type PreparationSummary,
  type Reader,
} from '@facewright/core';
import { createDatasetWriter, trillionPairs } from '@facewright/datasets';
import { MtcnnUnavailable, prepare, type WorkerRecipe } from '@facewright/preprocess';
import type { Composition } from '../composition/compose.js';

export interface PrepareStageOptions {
  /** The dataset, which appears whole or not at all. */
  readonly directory: string;
  /** A landmark list of the same photos, for the case that MTCNN's weights cannot be had. */
  readonly landmarkList?: string;
  /** Whether an older dataset may be replaced; `true` unless given. */
  readonly replace?: boolean;
}

export async function prepareStage(
  composition: Composition,
  { directory, landmarkList, replace }: PrepareStageOptions,
): Promise<PreparationSummary> {
  const { container, config, tiers, backend } = composition;
  const recipe = workerRecipe(composition);
  const reader =
    landmarkList === undefined ? await container.resolve(READER) : await readerWithout(container, landmarkList);
  const aligner = await container.resolve(ALIGNER);
  const augmenters = tiers.some((tier) => tier.augmenters.length)
    ? await Promise.all(container.resolveAll(AUGMENTER))
    : [];
  return prepare({
    reader,
    // made when the first photo without landmarks comes
    detector: () => container.resolve(DETECTOR),
    aligner,
    tiers: tiers.map((tier) => ({
      rule: tier.rule,
      augmenters: tier.augmenters.map(({ meta }) => ({ name: meta.name, augmenter: augmenters.shift()! })),
    })),
    faces: config.faces,
    withoutFace: config.withoutFace,
    limits: config.limits,
    writer: await createDatasetWriter(directory, { replace }),
    random: container.resolve(RANDOM).fork('prepare'),
    seed: config.seed,
    emit: container.resolve(EVENTS).emit,
    signal: container.resolve(SIGNAL),
    directory,
    ...(recipe && { workers: { count: config.workers ?? Math.min(8, availableParallelism()), recipe } }),
    // what the images depend on beside what `prepare` is given
    resumeKey: [
      config.detector,
      config.aligner,
      tiers.map(({ augmenters }) => augmenters.map(({ meta, options }) => [meta, options])),
      backend.meta,
    ],
  });
}

const IN_WORKERS: readonly PluginKind[] = ['detector', 'aligner', 'augmenter'];

/** The parts for worker threads; `undefined` where one was given in code and so cannot be made anew elsewhere. */
function workerRecipe({
  config,
  backend,
  given,
  builtins,
  baseDirectory,
  where,
}: Composition): WorkerRecipe | undefined {
  if (given.some(({ meta }) => meta.kind === 'backend' || IN_WORKERS.includes(meta.kind))) return undefined;
  const { name } = backend.meta;
  // of the engines that come with the tool the chosen one alone: each takes a thread's time to load
  const needed = builtins.filter(({ plugins }) =>
    plugins.some(
      ({ meta }) => IN_WORKERS.includes(meta.kind) || (meta.kind === 'backend' && meta.name === backend.meta.name),
    ),
  );
  return {
    modules: [...config.plugins, ...needed.flatMap(({ file }) => (file ? fromUser(file()) : []))],
    baseDirectory,
    where,
    // one thread for each engine: the workers are the threads
    backend: fromUser({ ...(backend.options as object), name, ...(name === 'onnx' && { threads: 1 }) }),
    detector: config.detector,
    aligner: config.aligner,
    augmenters: config.tiers.map(({ augment }) => augment),
  };
}

/** The config's reader, or that of the list where there is no detector. */
async function readerWithout(container: Composition['container'], landmarkList: string): Promise<Reader> {
  try {
    await container.resolve(DETECTOR);
    return await container.resolve(READER);
  } catch (error) {
    if (!(error instanceof MtcnnUnavailable)) throw error;
    container.resolve(EVENTS).emit('notice', {
      level: 'warning',
      message: `${error.what} The landmarks that the data brings are used instead (${error.where}).`,
      todo: error.todo,
    });
    return trillionPairs({ path: landmarkList }).create(pluginContext(container, 'reader/trillion-pairs'));
  }
}
