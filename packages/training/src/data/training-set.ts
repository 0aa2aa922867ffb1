/**
 * Who is trained on, and which photos are set aside for validation. The split is by photo, so no augmented copy of a
 * validation photo is trained on.
 */
import {
  FacewrightError,
  originals,
  shuffled,
  type Dataset,
  type Random,
  type RunConfig,
  type SampleColumns,
} from '@facewright/core';
import { groupByPhoto, peopleOfPhoto, photosOfPeople } from './photo-groups.js';

/** Samples by index in the dataset, each with its label among the training identities. */
export interface LabelledSamples {
  readonly length: number;
  readonly samples: Uint32Array;
  readonly labels: Uint32Array;
}

export interface TrainingSet {
  /** Indexed by label. */
  readonly identities: readonly string[];
  readonly training: LabelledSamples;
  /** Unaugmented photos only. */
  readonly validation: LabelledSamples;
}

/** `minimum` never takes more than this share of the photos. */
const LARGEST_MINIMUM = 0.2;
/** The label of people who are not trained on. */
const NOBODY = 0xffffffff;

/**
 * Selects the validation photos at random: `fraction` of all, or `minimum` if that is more (up to a fifth of them), and
 * never a person's last photo. Throws a `FacewrightError` if fewer than two people are left.
 */
export function drawTrainingSet(
  dataset: SampleColumns & Pick<Dataset, 'directory'>,
  exclude: readonly string[],
  validation: Pick<RunConfig['validation'], 'fraction' | 'minimum'>,
  random: Random,
): TrainingSet {
  const excluded = new Set(exclude);
  const present = new Uint8Array(dataset.identities.length);
  for (const label of dataset.labels) present[label] = 1;
  const identities = dataset.identities.filter((name, label) => present[label] && !excluded.has(name));
  if (identities.length < 2) {
    throw new FacewrightError({
      what: `Training needs at least two people with images; ${identities.length === 1 ? 'only one is' : 'none are'} left${excluded.size ? ` after holding out ${excluded.size}` : ''}.`,
      where: dataset.directory,
      todo: 'Add people, hold out fewer of them, or lower the thresholds of the tiers.',
    });
  }
  let next = 0;
  const labelOf = Uint32Array.from(dataset.identities, (name, label) =>
    present[label] && !excluded.has(name) ? next++ : NOBODY,
  );
  const labels = dataset.labels.map((label) => labelOf[label]);
  const taken = drawValidation(dataset, labels, identities.length, validation, random.fork('validation'));
  const isOriginal = originals(dataset);
  const isTaken = (index: number): boolean => taken[dataset.photos[index]] === 1;
  return {
    identities,
    training: pick(labels, (index) => !isTaken(index)),
    validation: pick(labels, (index) => isTaken(index) && isOriginal(index)),
  };
}

/** By photo: 1 for those set aside. */
function drawValidation(
  dataset: SampleColumns,
  labels: Uint32Array,
  people: number,
  { fraction, minimum }: Pick<RunConfig['validation'], 'fraction' | 'minimum'>,
  random: Random,
): Uint8Array {
  const isTrained = (index: number): boolean => labels[index] !== NOBODY;
  const groups = groupByPhoto(dataset, isTrained);
  const left = photosOfPeople(groups, labels, people);
  const { candidates, photos } = photosInOrder(dataset, isTrained);
  let wanted = Math.max(Math.round(fraction * photos), Math.min(minimum, Math.floor(photos * LARGEST_MINIMUM)));
  const taken = new Uint8Array(dataset.photoCount);
  if (wanted <= 0) return taken;
  for (const index of shuffled(candidates.length, random)) {
    const photo = candidates[index];
    const shown = peopleOfPhoto(groups, photo, labels);
    if (shown.some((label) => left[label] < 2)) continue;
    for (const label of shown) left[label]--;
    taken[photo] = 1;
    if (--wanted <= 0) break;
  }
  return taken;
}

/** Photos that have an original, in order of first occurrence, and the number of all photos. */
function photosInOrder(
  dataset: SampleColumns,
  keep: (index: number) => boolean,
): { candidates: Uint32Array; photos: number } {
  const [SEEN, HAS_ORIGINAL] = [1, 2];
  const isOriginal = originals(dataset);
  const marks = new Uint8Array(dataset.photoCount);
  for (let index = 0; index < dataset.length; index++)
    if (keep(index) && isOriginal(index)) marks[dataset.photos[index]] |= HAS_ORIGINAL;
  const candidates = new Uint32Array(dataset.photoCount);
  let [found, photos] = [0, 0];
  for (let index = 0; index < dataset.length; index++) {
    const photo = dataset.photos[index];
    if (!keep(index) || marks[photo] & SEEN) continue;
    photos++;
    if (marks[photo] & HAS_ORIGINAL) candidates[found++] = photo;
    marks[photo] |= SEEN;
  }
  return { candidates: candidates.subarray(0, found), photos };
}

/** The samples that have a label and that `keep` selects. */
function pick(labels: Uint32Array, keep: (index: number) => boolean): LabelledSamples {
  let length = 0;
  for (let index = 0; index < labels.length; index++) if (labels[index] !== NOBODY && keep(index)) length++;
  // counted first: of tens of millions of images, validation takes few
  const chosen = { length, samples: new Uint32Array(length), labels: new Uint32Array(length) };
  for (let index = 0, place = 0; place < length; index++) {
    if (labels[index] === NOBODY || !keep(index)) continue;
    chosen.samples[place] = index;
    chosen.labels[place++] = labels[index];
  }
  return chosen;
}
