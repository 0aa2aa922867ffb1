/** From a dataset to a trained model. */
import {
  countOf,
  EVENTS,
  FacewrightError,
  RANDOM,
  SIGNAL,
  tooFewPeople,
  type Cluster,
  type Dataset,
  type Events,
  type PreparationSummary,
} from '@facewright/core';
import { holdOut, peopleOf, train, type TrainResult, type TrainStage } from '@facewright/training';
import type { Composition, StageParts } from '../composition/compose.js';
import { beginFrom, peopleBefore } from './fine-tune.js';
import type { StartingWeights } from './starting-weights.js';

/**
 * The people to hold out of training, selected by the run's seed; a notice if there are too few. In fine-tuning, people
 * that the initial weights were not trained on are used if there are any.
 */
export async function drawHeldOut(
  composition: Composition,
  dataset: Dataset,
  weights?: StartingWeights,
): Promise<string[]> {
  const { container, config } = composition;
  requirePeople(dataset);
  const people = peopleOf(dataset);
  requireSecondPhoto(people, dataset.directory);
  const before = await peopleBefore(weights);
  const { identities } = config.heldOut;
  const random = container.resolve(RANDOM).fork('held-out');
  const strangers = people.filter(({ name }) => !before.has(name));
  // the fraction is of all people, whoever may be selected
  const count = identities > 0 && identities < 1 ? Math.max(1, Math.round(identities * people.length)) : identities;
  let names = holdOut(strangers, { identities: count }, random);
  if (!names.length && before.size > 0) {
    names = holdOut(people, config.heldOut, random);
    if (names.length) {
      container.resolve(EVENTS).emit('notice', {
        level: 'warning',
        message:
          'The starting weights were trained on the people held out of this training, so their accuracy says little about strangers.',
        todo: 'Verify the model with "facewright evaluate" on people neither has seen.',
      });
    }
  }
  if (!names.length && config.heldOut.identities > 0) {
    container.resolve(EVENTS).emit('notice', {
      level: 'warning',
      message: `There are only ${countOf(people.length, 'person')}, too few to hold two out of training, so the model is not verified on unseen people.`,
      todo: 'Provide photos of at least four people, or verify it with "facewright evaluate" on other data.',
    });
  }
  return names;
}

/** People with too few photos left after detection, whatever their tier; a notice if there are any. */
function withTooFewPhotos({ container, config: { leastPhotos } }: Composition, dataset: Dataset): string[] {
  const names = peopleOf(dataset)
    .filter(({ photos }) => photos < leastPhotos)
    .map(({ name }) => name);
  if (names.length)
    container.resolve(EVENTS).emit('notice', {
      level: 'info',
      message: `People with fewer than ${leastPhotos} aligned photos are not trained on: ${names.length}.`,
    });
  return names;
}

/** A part is a dataset like any other, so training on it by mistake would go unnoticed. */
export const partNotice = ({ part }: PreparationSummary): Events['notice'] | undefined =>
  part && {
    level: 'warning',
    message: `This dataset is part ${part.number} of ${part.of} of a divided preparation. The people of the other parts are not trained on.`,
    todo: 'Merge the parts first: facewright dataset merge <parts> --out <dir>.',
  };

export interface TrainStageOptions {
  readonly directory: string;
  readonly exclude: readonly string[];
  readonly resume?: boolean;
  /** Default: random ones. */
  readonly weights?: StartingWeights;
  /** Default: this process by itself. */
  readonly cluster?: Cluster;
}

export async function trainStage(
  composition: Composition,
  dataset: Dataset,
  { directory, exclude, resume, weights, cluster }: TrainStageOptions,
): Promise<TrainResult> {
  const { container, config, model, stages } = composition;
  const { fingerprint, size, detector } = dataset.summary.alignment;
  const notice = partNotice(dataset.summary);
  if (notice) container.resolve(EVENTS).emit('notice', notice);
  return train({
    dataset,
    exclude: [...exclude, ...(config.leastPhotos > 1 ? withTooFewPhotos(composition, dataset) : [])],
    model: await model.make(),
    modelReference: { name: model.name, options: model.plugin.options },
    alignment: { fingerprint, size, ...(detector !== undefined && { detector }) },
    stages: await Promise.all(stages.map(trainStageOf)),
    engine: await composition.engine(),
    cluster,
    batch: config.batch,
    microBatch: config.microBatch,
    workers: config.workers,
    flip: config.flip,
    order: config.order,
    validation: config.validation,
    checkpoint: config.checkpoint,
    guard: config.guard,
    directory,
    licences: config.licences,
    ...(weights && { from: () => beginFrom(composition, dataset, weights) }),
    random: container.resolve(RANDOM).fork('train'),
    emit: container.resolve(EVENTS).emit,
    signal: container.resolve(SIGNAL),
    resume,
  });
}

export async function trainStageOf({ loss, optimiser, criteria, config }: StageParts): Promise<TrainStage> {
  return {
    name: loss.name,
    loss: await loss.make(),
    optimiserName: optimiser.name,
    optimiser: await optimiser.make(),
    criteria: await Promise.all(criteria.map(async (part) => ({ name: part.name, criterion: await part.make() }))),
    config,
  };
}

function requirePeople({ identities, directory, summary: { reasons } }: Dataset): void {
  if (identities.length < 2) throw tooFewPeople({ identities: identities.length, reasons, where: directory });
}

/** Learning what makes two photos the same person's requires two photos of one person. */
function requireSecondPhoto(people: readonly { readonly photos: number }[], where: string): void {
  if (people.some(({ photos }) => photos > 1)) return;
  throw new FacewrightError({
    what: `None of the ${people.length} people in the dataset has a second photo, so it cannot teach what two photos of one person have in common.`,
    where,
    todo: 'Prepare several photos per person, with one folder per person.',
  });
}
