/** Evaluates a model on pairs from a list with their images, or on pairs drawn from a prepared dataset. */
import { dirname } from 'node:path';
import { EVENTS, FacewrightError, RANDOM, SIGNAL, type RgbImage } from '@facewright/core';
import { openDataset, openImages, readPairs, readTemplates, type ImageSource } from '@facewright/datasets';
import {
  alignedImages,
  evaluate,
  evaluateDrawn,
  nameHint,
  NothingToCompare,
  pairsOfFile,
  pairsOfTemplates,
  peopleLeftOut,
  readRunRecord,
  withoutPeople,
  type Composition,
  type Evaluation,
  type NameHint,
  type PairSet,
  type PeopleLeftOut,
  type SkippedImage,
} from '@facewright/run';
import { checkAlignment, type Embedder, type ModelCard } from '@facewright/training';
import type { Target } from './evaluation-target.js';

/** An evaluation, with the data its pictures are made from. */
export interface Evaluated<Key> {
  readonly set: PairSet<Key>;
  readonly evaluation: Evaluation<Key>;
  read(key: Key): Promise<RgbImage | undefined>;
  readonly skipped: readonly SkippedImage[];
  /** Why images may not have been found. */
  readonly hint?: NameHint;
  /** By `without`. */
  readonly leftOut?: PeopleLeftOut;
}

interface Work {
  readonly composition: Composition;
  readonly embedder: Embedder;
  readonly card: ModelCard;
}

/** `use` is called while the images are still readable. */
export async function evaluateOnDataset<T>(
  { model, data, identify }: Target,
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
    const drawn = await evaluateDrawn(embedder, dataset, people, config.heldOut.pairs, random, {
      emit,
      signal,
      identify,
    });
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

interface ListEnding<T> {
  /** Called while the images can be read. */
  use(evaluated: Evaluated<string>): Promise<T>;
  /** Called where no pair can be compared, before the error is thrown. */
  nothing(found: Pick<Evaluated<string>, 'skipped' | 'hint'>): Promise<void>;
}

export async function evaluateOnLists<T>(
  target: Target,
  aligned: boolean | undefined,
  { composition, embedder, card }: Work,
  { use, nothing }: ListEnding<T>,
): Promise<T> {
  const { container, config } = composition;
  const signal = container.resolve(SIGNAL);
  const { set, leftOut } = await listedPairs(target);
  const images = await openImages(target.images!);
  const skipped: SkippedImage[] = [];
  const { size } = card.alignment;
  const { limits } = config;
  const crops = alignedImages(
    { images, size, aligned, align: () => alignerOf(composition, card), signal, limits },
    (image) => skipped.push(image),
  );
  try {
    const random = container.resolve(RANDOM).fork('map');
    const { emit } = container.resolve(EVENTS);
    const options = { read: crops.readAll, random, emit, signal, identify: target.identify };
    const evaluation = await evaluate(embedder, set, options).catch(async (error: unknown) => {
      if (!(error instanceof NothingToCompare)) throw error;
      const hint = await hintFor(skipped, images);
      await nothing({ skipped, hint });
      throw withReasons(error, skipped, { hint, where: target.images! });
    });
    const hint = await hintFor(skipped, images);
    return await use({ set, evaluation, read: crops.read, skipped: [...skipped], leftOut, hint });
  } finally {
    await crops.close();
    images.close();
  }
}

/** Compared with the names that are there, where images were not found. */
async function hintFor(skipped: readonly SkippedImage[], images: ImageSource): Promise<NameHint | undefined> {
  const missing = skipped.map(({ path }) => path).filter((path) => !images.has(path));
  return missing.length ? nameHint(missing, await images.names()) : undefined;
}

/** How many images are named in a text; `--json` and evaluation.json name them all. */
const NAMED = 3;

function withReasons(
  { what, todo }: FacewrightError,
  skipped: readonly SkippedImage[],
  { hint, where }: { readonly hint?: NameHint; readonly where: string },
): FacewrightError {
  const reasons = skipped.slice(0, NAMED).map(({ path, reason }) => `"${path}": ${reason.replace(/\.$/, '')}`);
  const more = skipped.length > NAMED ? `, and ${skipped.length - NAMED} more` : '';
  return new FacewrightError({
    what: `${what.replace(/\.$/, '')} (${reasons.join('; ')}${more}).`,
    where,
    todo: hint ? hintText(hint) : todo,
  });
}

/** For people. */
export const hintText = ({ listed, found, by, count }: NameHint): string =>
  `"${listed}" is there as "${found}"${count > 1 ? `, and ${count - 1} more in the same way` : ''}: the names differ by ${by}. Rename the images or change the list.`;

async function listedPairs({
  pairs,
  templates,
  without,
}: Target): Promise<{ set: PairSet<string>; leftOut?: PeopleLeftOut }> {
  const listed = templates
    ? pairsOfTemplates(await readTemplates(templates, pairs))
    : pairsOfFile(await readPairs(pairs!));
  if (without === undefined) return { set: listed };
  const dataset = await openDataset(without);
  await dataset.close();
  const people = new Set(dataset.identities);
  return { set: withoutPeople(listed, people, pairs ?? templates!), leftOut: peopleLeftOut(listed, people) };
}

/** The config's detector and aligner. Throws a `FacewrightError` if the aligner is not the model's. */
async function alignerOf({ aligner, detector }: Composition, card: ModelCard) {
  const own = await aligner.make();
  checkAlignment(card, own, 'the aligner of the config');
  return { detector: await detector.make(), aligner: own };
}
