/** Provides photos. */
import type { ExclusionReason } from '../values/dataset.js';
import type { Landmarks } from '../values/face.js';
import type { ByteLimits } from '../values/photo-limits.js';

export interface Photo {
  /** Unique within the dataset and stable between runs: a path relative to the dataset's root, with `/`. */
  readonly id: string;
  readonly identity: string;
  /** The encoded file as it is. Rejects with a `FacewrightError` when it cannot be read, and should before it reads more than `maxBytes`. */
  bytes(limits?: ByteLimits): Promise<Uint8Array>;
  /** Where the dataset brings them (Trillion Pairs lists, the generated sample): no detector is then needed. */
  readonly landmarks?: Landmarks;
  /** Already an aligner's output: kept as it is. */
  readonly aligned?: boolean;
  /** Known by the reader to be unusable (a landmark line with missing numbers): counted as one of the identity's photos, listed, never opened. */
  readonly excluded?: { readonly reason: ExclusionReason | (string & {}); readonly detail: string };
}

export interface Identity {
  readonly name: string;
  readonly photos: readonly Photo[];
}

/** Identities in a fixed order, each with all its photos: the tiers need the count before the first photo is opened. */
export interface Reader {
  identities(): AsyncIterable<Identity>;
}
