/** What to leave out and merge when data are read: a file next to the data, which do not change. */
import {
  FacewrightError,
  messageOf,
  parseOptions,
  requireSample,
  type BatchReader,
  type BatchReaderOptions,
  type Dataset,
  type Identity,
  type Reader,
} from '@facewright/core';
import { z } from 'zod';
import { repeatsOf } from './duplicates.js';
import type { FacePhoto, Problems } from './find-problems.js';

const editsSchema = z.strictObject({
  /** Photos to leave out, by their paths in the data. */
  drop: z.array(z.string()).default([]),
  /** People to leave out. */
  dropPeople: z.array(z.string()).default([]),
  /** People whose photos belong to someone else. */
  merge: z.array(z.strictObject({ from: z.string(), into: z.string() })).default([]),
});
export type Edits = z.output<typeof editsSchema>;

/** Parses a file written by `facewright clean`, or one with only its "edits". Throws a `FacewrightError`. */
export function parseEdits(text: string, where: string): Edits {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FacewrightError({
      what: `The edits are not JSON: ${messageOf(cause).replaceAll(/\s+/g, ' ')}`,
      where,
      todo: 'Pass the clean.json written by "facewright clean", or mend what was changed in it.',
      cause,
    });
  }
  const { edits = value } = Object(value) as { edits?: unknown };
  return parseOptions(editsSchema, edits, where);
}

/**
 * Turns the lists into edits: wrong photos, duplicates and people in the benchmark are left out, and identical people
 * are merged. Poor photos stay.
 */
export function editsOf(
  problems: Problems,
  photos: readonly (Pick<FacePhoto, 'person'> & { readonly source: string })[],
): Edits {
  const { people, wrong, scores, duplicates, overlap, samePeople } = problems;
  const count = new Map<string, number>();
  for (const { person } of photos) count.set(person, (count.get(person) ?? 0) + 1);
  const gone = new Set([...wrong.map(({ photo }) => photo), ...repeatsOf(duplicates, scores)]);
  const pairs = samePeople.map(({ a, b }) => {
    const [one, other] = [people[a], people[b]];
    return count.get(one)! >= count.get(other)! ? { from: other, into: one } : { from: one, into: other };
  });
  return {
    drop: [...gone].sort((a, b) => a - b).map((photo) => photos[photo].source),
    dropPeople: [...new Set(overlap.map(({ a }) => people[a]))],
    merge: pairs,
  };
}

/** A person's name after the edits; `undefined` if they are left out. Follows chains of merges, stopping at a cycle. */
export function nameAfter({ dropPeople, merge }: Edits): (person: string) => string | undefined {
  const parent = new Map<string, string>();
  const last = (person: string): string => {
    let at = person;
    while (parent.has(at)) at = parent.get(at)!;
    return at;
  };
  for (const { from, into } of merge) {
    const [one, other] = [last(from), last(into)];
    if (one !== other) parent.set(one, other);
  }
  const dropped = new Set(dropPeople.map(last));
  return (person) => (dropped.has(last(person)) ? undefined : last(person));
}

/** Names in the edits that are not in the data they were applied to. */
export interface UnmatchedEdits {
  /** Of `drop`. */
  readonly photos: readonly string[];
  /** Of `dropPeople` and of `merge`. */
  readonly people: readonly string[];
}

/** Called once all people have been read, if any name is not among them. */
export type OnUnmatched = (unmatched: UnmatchedEdits) => void;

/**
 * People with their photos, edited; `keyOf` returns a photo's path. Merged people appear in the place of the first of
 * them, once all have been read.
 */
export async function* editPeople<Photo>(
  people: AsyncIterable<{ readonly name: string; readonly photos: readonly Photo[] }>,
  edits: Edits,
  keyOf: (photo: Photo) => string,
  onUnmatched?: OnUnmatched,
): AsyncGenerator<{ readonly name: string; readonly photos: Photo[] }> {
  const drop = new Set(edits.drop);
  const nameOf = nameAfter(edits);
  const merging = new Set(edits.merge.flatMap(({ from, into }) => [from, into]));
  // a person may get a new name by being merged into nobody
  const left = {
    photos: new Set(drop),
    people: new Set([...edits.dropPeople, ...edits.merge.map(({ from }) => from)]),
  };
  const waiting = new Map<string, Photo[]>();
  for await (const { name, photos } of people) {
    const now = nameOf(name);
    const kept = photos.filter((photo) => !drop.has(keyOf(photo)));
    left.people.delete(name);
    if (kept.length < photos.length) for (const photo of photos) left.photos.delete(keyOf(photo));
    if (now === undefined || !kept.length) continue;
    if (merging.has(name)) waiting.set(now, [...(waiting.get(now) ?? []), ...kept]);
    else yield { name: now, photos: kept };
  }
  for (const [name, photos] of waiting) yield { name, photos };
  if (left.photos.size || left.people.size) onUnmatched?.({ photos: [...left.photos], people: [...left.people] });
}

/** Each reading of all people calls `onUnmatched`. */
export const editReader = (reader: Reader, edits: Edits, onUnmatched?: OnUnmatched): Reader => ({
  async *identities(): AsyncGenerator<Identity> {
    for await (const { name, photos } of editPeople(reader.identities(), edits, ({ id }) => id, onUnmatched))
      yield { name, photos: photos.map((photo) => ({ ...photo, identity: name })) };
  },
});

/** A prepared dataset with the edits applied. Augmented images share the fate of their photos. */
export function editDataset(dataset: Dataset, edits: Edits): Dataset {
  const drop = new Set(edits.drop);
  const nameOf = nameAfter(edits);
  const names = dataset.identities.map(nameOf);
  const numbers = new Map<string, number>();
  const [kept, labels] = [new Uint32Array(dataset.length), new Uint32Array(dataset.length)];
  let length = 0;
  for (let index = 0; index < dataset.length; index++) {
    const identity = names[dataset.labels[index]];
    if (identity === undefined || (drop.size && drop.has(dataset.sourceOf(index)))) continue;
    if (!numbers.has(identity)) numbers.set(identity, numbers.size);
    labels[length] = numbers.get(identity)!;
    kept[length++] = index;
  }
  const chosen = kept.slice(0, length);
  const place = (index: number): number => chosen[requireSample(index, length)];
  const { directory, summary, photoCount, kindNames, photos, kinds } = dataset;
  return {
    directory,
    summary,
    identities: [...numbers.keys()],
    length,
    labels: labels.slice(0, length),
    photos: chosen.map((index) => photos[index]),
    photoCount,
    kinds: Uint16Array.from(chosen, (index) => kinds[index]),
    kindNames,
    sourceOf: (index) => dataset.sourceOf(place(index)),
    kindOf: (index) => dataset.kindOf(place(index)),
    landmarksOf: (index) => dataset.landmarksOf(place(index)),
    ...(dataset.fileOf && { fileOf: (index: number) => dataset.fileOf!(place(index)) }),
    read: (index) => dataset.read(place(index)),
    ...(dataset.openBatchReader && {
      openBatchReader: (options: BatchReaderOptions): BatchReader => {
        const reader = dataset.openBatchReader!(options);
        return {
          read: (samples, mirrored) => reader.read(Array.from(samples, place), mirrored),
          ...(reader.prefetch && {
            prefetch: (samples: ArrayLike<number>, options?: { readonly anew?: boolean }) =>
              reader.prefetch!(Array.from(samples, place), options),
          }),
          close: () => reader.close(),
        };
      },
    }),
    exclusions: () => dataset.exclusions(),
    close: () => dataset.close(),
  };
}
