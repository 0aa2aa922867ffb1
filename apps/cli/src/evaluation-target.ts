/** What a model is evaluated on: pairs from a list with their images, or pairs selected from a prepared dataset. */
import { modelDirectory } from './model-directory.js';
import { dirname, resolve } from 'node:path';
import { EVENTS, FacewrightError, RANDOM, SIGNAL, type RgbImage } from '@facewright/core';
import { openDataset, openImages, readPairs, readTemplates } from '@facewright/datasets';
import {
  alignedImages,
  evaluate,
  evaluateDrawn,
  pairsOfFile,
  pairsOfTemplates,
  readRunRecord,
  withoutPeople,
  type Composition,
  type Evaluation,
  type PairSet,
  type SkippedImage,
} from '@facewright/run';
import { checkAlignment, type Embedder, type ModelCard } from '@facewright/training';

/** Command-line options. */
interface TargetOptions {
  readonly model: string;
  readonly data?: string;
  readonly pairs?: string;
  readonly templates?: string;
  readonly images?: string;
  readonly without?: string;
  readonly flip?: boolean;
}

/** The paths from the command line, made absolute, because they are recorded with the evaluation. */
export interface Target {
  readonly model: string;
  readonly data?: string;
  readonly pairs?: string;
  readonly templates?: string;
  readonly images?: string;
  readonly without?: string;
  readonly flip: boolean;
}

/** Throws a `FacewrightError` if the command line names too little. */
export function targetOf({ model, data, pairs, templates, images, without, flip = false }: TargetOptions): Target {
  const absolute = (path: string | undefined): string | undefined => path && resolve(path);
  const packed = templates === undefined && pairs?.toLowerCase().endsWith('.bin') ? pairs : undefined;
  const target: Target = data
    ? { model: modelDirectory(model), data: resolve(data), flip }
    : {
        model: modelDirectory(model),
        pairs: absolute(pairs),
        templates: absolute(templates),
        images: absolute(images ?? packed),
        ...(without !== undefined && { without: resolve(without) }),
        flip,
      };
  if (target.data || ((target.pairs || target.templates) && target.images)) return target;
  throw new FacewrightError({
    what: 'There is nothing to evaluate on.',
    where: 'the command line',
    todo: 'Add --pairs <file> (or --templates <file>) and --images <folder or zip>, or --data <dataset>.',
  });
}

/** An evaluation, with the data its pictures are made from. */
export interface Evaluated<Key> {
  readonly set: PairSet<Key>;
  readonly evaluation: Evaluation<Key>;
  read(key: Key): Promise<RgbImage | undefined>;
  readonly skipped: readonly SkippedImage[];
}

interface Work {
  readonly composition: Composition;
  readonly embedder: Embedder;
  readonly card: ModelCard;
}

/** `use` is called while the images are still readable. */
export async function evaluateOnDataset<T>(
  { model, data }: Target,
  { composition: { container, config }, embedder, card }: Work,
  use: (evaluated: Evaluated<number>) => Promise<T>,
): Promise<T> {
  const { emit } = container.resolve(EVENTS);
  const signal = container.resolve(SIGNAL);
  const dataset = await openDataset(data!);
  try {
    checkAlignment(card, dataset.summary.alignment, dataset.directory);
    const heldOut = (await readRunRecord(dirname(model)))?.heldOut;
    if (!heldOut)
      emit('notice', {
        level: 'warning',
        message:
          'No record next to the model says who was held out of its training, so pairs are drawn from everyone in the dataset.',
      });
    const people = (heldOut ?? dataset.identities).filter((name) => dataset.identities.includes(name));
    const random = container.resolve(RANDOM).fork('pairs');
    const drawn = await evaluateDrawn(embedder, dataset, people, config.heldOut.pairs, random, { emit, signal });
    if (drawn) return await use({ ...drawn, skipped: [] });
    throw new FacewrightError({
      what: 'The people held out of training give too few pairs.',
      where: dataset.directory,
      todo: 'Evaluate on a dataset with more of them, or on a pairs file.',
    });
  } finally {
    await dataset.close();
  }
}

/** `use` is called while the images are still readable. */
export async function evaluateOnLists<T>(
  target: Target,
  aligned: boolean | undefined,
  { composition, embedder, card }: Work,
  use: (evaluated: Evaluated<string>) => Promise<T>,
): Promise<T> {
  const { container, config } = composition;
  const signal = container.resolve(SIGNAL);
  const set = await listedPairs(target);
  const images = await openImages(target.images!);
  try {
    const skipped: SkippedImage[] = [];
    const read = alignedImages(
      {
        images,
        size: card.alignment.size,
        aligned,
        align: () => alignerOf(composition, card),
        signal,
        limits: config.limits,
      },
      (image) => skipped.push(image),
    );
    const random = container.resolve(RANDOM).fork('map');
    const evaluation = await evaluate(embedder, set, { read, random, emit: container.resolve(EVENTS).emit, signal });
    return await use({ set, evaluation, read, skipped: [...skipped] });
  } finally {
    images.close();
  }
}

async function listedPairs({ pairs, templates, without }: Target): Promise<PairSet<string>> {
  const listed = templates
    ? pairsOfTemplates(await readTemplates(templates, pairs))
    : pairsOfFile(await readPairs(pairs!));
  if (without === undefined) return listed;
  const dataset = await openDataset(without);
  await dataset.close();
  return withoutPeople(listed, new Set(dataset.identities), pairs ?? templates!);
}

/** The config's detector and aligner. Throws a `FacewrightError` if the aligner is not the model's. */
async function alignerOf({ aligner, detector }: Composition, card: ModelCard) {
  const own = await aligner.make();
  checkAlignment(card, own, 'the aligner of the config');
  return { detector: await detector.make(), aligner: own };
}
