/**
 * Digests of everything that affects the numbers of a training. A checkpoint only resumes under the same fingerprint,
 * so resuming is exact.
 */
import type { Dataset, Random, RunConfig, SampleColumns, StageConfig } from '@facewright/core';
import { digestOf, digestOfLines, digestOfList } from './digest.js';
import type { TrainingSet } from '../data/training-set.js';

/** Digests by subject: the model, the dataset, … */
export type Fingerprint = Readonly<Record<string, string>>;

export interface FingerprintOptions {
  readonly dataset: Dataset;
  readonly modelReference: { readonly name: string; readonly options: unknown };
  readonly alignment: { readonly fingerprint: string; readonly size: number };
  readonly stages: readonly { readonly name: string; readonly optimiserName: string; readonly config: StageConfig }[];
  readonly batch: number;
  readonly microBatch?: number;
  readonly flip: boolean;
  readonly order?: RunConfig['order'];
  readonly validation: RunConfig['validation'];
  readonly guard: RunConfig['guard'];
  readonly random: Random;
}

export function fingerprintOf(
  {
    dataset,
    modelReference,
    alignment,
    stages,
    batch,
    microBatch,
    flip,
    order = 'random',
    validation,
    guard,
    random,
  }: FingerprintOptions,
  set: TrainingSet,
): Fingerprint {
  return {
    model: digestOf(modelReference),
    // only the model card names the detector; older checkpoints lack it
    alignment: digestOf({ fingerprint: alignment.fingerprint, size: alignment.size }),
    stages: digestOf(stages.map(({ name, optimiserName, config }) => ({ name, optimiserName, config }))),
    // micro-batches as large as the batch change nothing
    batch: digestOf({
      batch,
      flip,
      ...(microBatch !== undefined && microBatch < batch && { microBatch }),
      ...(order !== 'random' && { order }),
    }),
    // validation photos are excluded from training; how often they are measured changes nothing
    validation: digestOf({ fraction: validation.fraction, minimum: validation.minimum }),
    // `chanceAfter` only decides when a warning is shown
    guard: digestOf({ retries: guard.retries, rateFactor: guard.rateFactor }),
    dataset: digestOfSamples(dataset),
    people: digestOfList(set.identities),
    // identifies the seed by what it draws; the stream's name is part of the format, and forking does not advance the parent
    seed: digestOf([random.fork('makings').uniform(), random.fork('makings', 1).uniform()]),
  };
}

/**
 * Of who and what each image shows: the digest of a list of [identity, source, kind], whose text is put together from parts
 * that many images share.
 */
function digestOfSamples(dataset: SampleColumns): string {
  const { identities, labels, photos, kinds, kindNames, length } = dataset;
  const kindTexts = kindNames.map((kind) => `,${JSON.stringify(kind)}]`);
  let [label, photo, start, source] = [-1, -1, '', ''];
  return digestOfLines(length, (index) => {
    if (labels[index] !== label) {
      label = labels[index];
      start = `[${JSON.stringify(identities[label])},`;
    }
    if (photos[index] !== photo) {
      photo = photos[index];
      source = JSON.stringify(dataset.sourceOf(index));
    }
    return start + source + kindTexts[kinds[index]];
  });
}
