/** The notes kept for each photo next to the shards, and the key that must match for a preparation to be resumed. */
import type { Exclusion, Identity } from '@facewright/core';
import { createSha256 } from '@facewright/platform';

/** For one photo whose images (if any) are completely written. */
export interface PhotoNote {
  readonly id: string;
  readonly images?: number;
  readonly exclusion?: Exclusion;
}

/**
 * A hash over everything the result depends on, including the photos' names in order, which the first pass over the
 * reader adds.
 */
export class PreparationKey {
  private readonly hash = createSha256();

  add(identity: Identity): void {
    this.hash.update(
      JSON.stringify([
        identity.name,
        identity.photos.map(({ id, landmarks, aligned, excluded }) => [id, landmarks, aligned, excluded]),
      ]),
    );
  }

  digest(rest: unknown): string {
    return this.hash.update(JSON.stringify(rest)).hex();
  }
}
