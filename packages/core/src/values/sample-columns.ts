/** Creates columns from samples in memory, and answers common questions about columns. */
import type { Sample, SampleColumns } from './dataset.js';

/** The kind of an image that is not an augmented copy. */
const ORIGINAL = 'original';

const MOST_KINDS = 2 ** 16;

/**
 * `identities` are the names in label order; by default, people are numbered in order of first occurrence. Throws a
 * `RangeError` for a person who is not among them.
 */
export function sampleColumns(samples: readonly Sample[], identities?: readonly string[]): SampleColumns {
  const labelOf = numbering(identities);
  const photoOf = numbering();
  const kindNumberOf = numbering();
  const labels = Uint32Array.from(samples, ({ identity }) => labelOf.number(identity));
  const photos = Uint32Array.from(samples, ({ source }) => photoOf.number(source));
  const kinds = Uint16Array.from(samples, ({ kind }) => kindNumberOf.number(kind));
  const kindNames = kindNumberOf.names();
  if (kindNames.length > MOST_KINDS) throw new RangeError(`there are more than ${MOST_KINDS} kinds of images`);
  const sampleAt = (index: number): Sample => samples[requireSample(index, samples.length)];
  return {
    identities: labelOf.names(),
    length: samples.length,
    labels,
    photos,
    photoCount: photoOf.names().length,
    kinds,
    kindNames,
    sourceOf: (index) => sampleAt(index).source,
    kindOf: (index) => sampleAt(index).kind,
    landmarksOf: (index) => sampleAt(index).landmarks,
  };
}

/** One image of the columns as an object. Throws a `RangeError` if there is no such image. */
export function sampleAt(columns: SampleColumns, index: number): Sample {
  const landmarks = columns.landmarksOf(index);
  return {
    identity: columns.identities[columns.labels[index]],
    source: columns.sourceOf(index),
    kind: columns.kindOf(index),
    ...(landmarks && { landmarks }),
  };
}

/** Returns the index, or throws a `RangeError` if there is no such image. */
export function requireSample(index: number, length: number): number {
  if (Number.isInteger(index) && index >= 0 && index < length) return index;
  throw new RangeError(`the dataset has ${length} images; there is no image ${index}`);
}

/** Whether an image is the photo itself rather than an augmented copy. */
export function originals({
  kinds,
  kindNames,
}: Pick<SampleColumns, 'kinds' | 'kindNames'>): (index: number) => boolean {
  const original = kindNames.indexOf(ORIGINAL);
  return (index) => kinds[index] === original;
}

/** Numbers names from 0 in order of first occurrence; if `known` is given, no others are allowed. */
function numbering(known?: readonly string[]) {
  const numbers = new Map((known ?? []).map((name, index) => [name, index]));
  return {
    number: (name: string): number => {
      let found = numbers.get(name);
      if (found === undefined) {
        if (known) throw new RangeError(`"${name}" is not among the people of the dataset`);
        found = numbers.size;
        numbers.set(name, found);
      }
      return found;
    },
    names: (): readonly string[] => known ?? [...numbers.keys()],
  };
}
