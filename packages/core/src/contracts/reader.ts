/** Provides photos. */
import type { ExclusionReason } from '../values/dataset.js';
import type { Landmarks } from '../values/face.js';
import type { ByteLimits } from '../values/photo-limits.js';

export interface Photo {
  /** Unique within the dataset and stable between runs: a path relative to the dataset's root, with `/`. */
  readonly id: string;
  readonly identity: string;
  /**
   * The encoded file, unchanged. Rejects with a `FacewrightError` if it cannot be read, and should do so before reading
   * more than `maxBytes`.
   */
  bytes(limits?: ByteLimits): Promise<Uint8Array>;
  /** Set if the dataset provides them (Trillion Pairs lists, the generated sample). No detector is needed then. */
  readonly landmarks?: Landmarks;
  /** Already aligned: used unchanged. */
  readonly aligned?: boolean;
  /**
   * Known to be unusable (e.g. a landmark line with missing numbers). Counted as one of the person's photos and listed,
   * but never opened.
   */
  readonly excluded?: { readonly reason: ExclusionReason | (string & {}); readonly detail: string };
}

export interface Identity {
  readonly name: string;
  readonly photos: readonly Photo[];
}

/** Identities in a fixed order, each with all its photos. Tiers need the counts before the first photo is opened. */
export interface Reader {
  identities(): AsyncIterable<Identity>;
}
