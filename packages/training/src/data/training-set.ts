/**
 * Who is trained on, and which photos are set aside for validation. The split is by photo, so no augmented copy of a
 * validation photo is trained on.
 */
import { FacewrightError, permutation, type Dataset, type Random, type RunConfig } from '@facewright/core';

/** A sample by its index in the dataset, with its label among the training identities. */
export interface LabelledSample {
  readonly sample: number;
  readonly label: number;
}

export interface TrainingSet {
  /** Indexed by label. */
  readonly identities: readonly string[];
  readonly training: readonly LabelledSample[];
  /** Unaugmented photos only. */
  readonly validation: readonly LabelledSample[];
}

/** `minimum` never takes more than this share of the photos. */
const LARGEST_MINIMUM = 0.2;

/**
 * Selects the validation photos at random: `fraction` of all, or `minimum` if that is more (up to a fifth of them), and
 * never a person's last photo. Throws a `FacewrightError` if fewer than two people are left.
 */
export function drawTrainingSet(
  dataset: Pick<Dataset, 'identities' | 'samples' | 'directory'>,
  exclude: readonly string[],
  { fraction, minimum }: Pick<RunConfig['validation'], 'fraction' | 'minimum'>,
  random: Random,
): TrainingSet {
  const excluded = new Set(exclude);
  const present = new Set(dataset.samples.map((sample) => sample.identity));
  const identities = dataset.identities.filter((name) => present.has(name) && !excluded.has(name));
  if (identities.length < 2) {
    throw new FacewrightError({
      what: `Training needs at least two people with images; ${identities.length === 1 ? 'only one is' : 'none are'} left${excluded.size ? ` after holding out ${excluded.size}` : ''}.`,
      where: dataset.directory,
      todo: 'Add people, hold out fewer of them, or lower the thresholds of the tiers.',
    });
  }
  const labels = new Map(identities.map((name, label) => [name, label]));
  const samples = dataset.samples.flatMap(({ identity, source, kind }, sample) =>
    labels.has(identity) ? [{ sample, label: labels.get(identity)!, source, kind }] : [],
  );

  const photos = groupBy(samples, (sample) => sample.source);
  const left = new Map(
    [...groupBy(samples, (sample) => sample.label)].map(([label, own]) => [
      label,
      new Set(own.map((sample) => sample.source)).size,
    ]),
  );
  const wanted = Math.max(
    Math.round(fraction * photos.size),
    Math.min(minimum, Math.floor(photos.size * LARGEST_MINIMUM)),
  );
  const candidates = [...photos].filter(([, copies]) => copies.some((copy) => copy.kind === 'original'));
  const taken = new Set<string>();
  for (const index of permutation(candidates.length, random.fork('validation'))) {
    if (taken.size >= wanted) break;
    const [source, copies] = candidates[index];
    const people = new Set(copies.map((copy) => copy.label));
    if ([...people].some((label) => left.get(label)! < 2)) continue;
    people.forEach((label) => left.set(label, left.get(label)! - 1));
    taken.add(source);
  }

  const labelled = (keep: (sample: (typeof samples)[number]) => boolean): LabelledSample[] =>
    samples.filter(keep).map(({ sample, label }) => ({ sample, label }));
  return {
    identities,
    training: labelled(({ source }) => !taken.has(source)),
    validation: labelled(({ source, kind }) => taken.has(source) && kind === 'original'),
  };
}

function groupBy<T, K>(values: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const name = key(value);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}
