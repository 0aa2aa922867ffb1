/** The notes kept for each photo next to the shards, and what must be equal for a preparation to be resumed or its parts to be merged. */
import type { Exclusion, Identity, PreparedPart, WrittenPhotos } from '@facewright/core';
import { createSha256 } from '@facewright/platform';
import type { PartNumber } from './part.js';

/** For one photo whose images (if any) are completely written. */
export interface PhotoNote {
  readonly id: string;
  readonly images?: number;
  readonly exclusion?: Exclusion;
}

/** Photos that an earlier, interrupted preparation has finished. */
export interface EarlierPhotos {
  readonly count: number;
  /** The note of the next of them, in order. Call it at most `count` times. */
  next(): Promise<PhotoNote>;
}

export function earlierPhotos(written: WrittenPhotos | undefined): EarlierPhotos {
  const notes = written?.notes()[Symbol.asyncIterator]();
  return { count: written?.count ?? 0, next: async () => (await notes!.next()).value as PhotoNote };
}

/** A hash over the photos' names in order, which the first pass over the reader adds. */
export class PhotoList {
  private readonly hash = createSha256();

  add(identity: Identity): void {
    this.hash.update(
      JSON.stringify([
        identity.name,
        identity.photos.map(({ id, landmarks, aligned, excluded }) => [id, landmarks, aligned, excluded]),
      ]),
    );
  }

  digest(): string {
    return this.hash.hex();
  }
}

/** Digests of everything the result depends on, by name. */
export const basisOf = (photos: string, rest: Readonly<Record<string, unknown>>): PreparedPart['basis'] => ({
  photos,
  ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, digestOf(value)])),
});

/** One key for all of it. The parts of a preparation have different keys. */
export const keyOf = (basis: PreparedPart['basis'], part?: PartNumber): string =>
  digestOf([2, basis, ...(part ? [part.number, part.of] : [])]);

const digestOf = (value: unknown): string =>
  createSha256()
    .update(JSON.stringify(value ?? null))
    .hex();
