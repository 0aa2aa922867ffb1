/** Photos to a dataset directory. */
import { ALIGNER, AUGMENTER, DETECTOR, EVENTS, pluginContext, RANDOM, READER, SIGNAL, type PreparationSummary, type Reader } from '@facewright/core';
import { createDatasetWriter, trillionPairs } from '@facewright/datasets';
import { MtcnnUnavailable, prepare } from '@facewright/preprocess';
import type { Composition } from './compose.js';

export interface PrepareStageOptions {
  /** The dataset, which appears whole or not at all. */
  readonly directory: string;
  /** A landmark list of the same photos, for the case that MTCNN's weights cannot be had. */
  readonly landmarkList?: string;
}

export async function prepareStage({ container, config, tiers }: Composition, { directory, landmarkList }: PrepareStageOptions): Promise<PreparationSummary> {
  const reader = landmarkList === undefined ? await container.resolve(READER) : await readerWithout(container, landmarkList);
  const aligner = await container.resolve(ALIGNER);
  const augmenters = tiers.some((tier) => tier.augmenters.length) ? await Promise.all(container.resolveAll(AUGMENTER)) : [];
  return prepare({
    reader,
    // made when the first photo without landmarks comes
    detector: () => container.resolve(DETECTOR),
    aligner,
    tiers: tiers.map((tier) => ({ rule: tier.rule, augmenters: tier.augmenters.map(({ meta }) => ({ name: meta.name, augmenter: augmenters.shift()! })) })),
    faces: config.faces,
    writer: await createDatasetWriter(directory),
    random: container.resolve(RANDOM).fork('prepare'),
    seed: config.seed,
    emit: container.resolve(EVENTS).emit,
    signal: container.resolve(SIGNAL),
    directory,
  });
}

/** The config's reader, or that of the list where there is no detector. */
async function readerWithout(container: Composition['container'], landmarkList: string): Promise<Reader> {
  try {
    await container.resolve(DETECTOR);
    return await container.resolve(READER);
  } catch (error) {
    if (!(error instanceof MtcnnUnavailable)) throw error;
    container.resolve(EVENTS).emit('notice', { level: 'warning', message: `${error.what} The landmarks that the data brings are used instead (${error.where}).`, todo: error.todo });
    return trillionPairs({ path: landmarkList }).create(pluginContext(container, 'reader/trillion-pairs'));
  }
}
