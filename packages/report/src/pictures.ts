/** Pictures shown in a report that are not in the events. */

export interface Picture {
  readonly bytes: Uint8Array;
  readonly type: 'image/jpeg' | 'image/png';
}

/** An aligned face. */
export interface Crop extends Picture {
  readonly identity: string;
  readonly caption: string;
}

/** A pair that the model gets wrong, or nearly. */
export interface PairPicture {
  readonly same: boolean;
  /** Cosine similarity. */
  readonly score: number;
  /** On the wrong side of the threshold. */
  readonly wrong: boolean;
  readonly images: readonly (Picture & { readonly name: string })[];
}

/** An excluded photo. */
export interface DroppedPicture extends Picture {
  readonly photo: string;
  readonly reason: string;
}

export interface Pictures {
  /** A few images of several people. */
  readonly crops?: readonly Crop[];
  /** Worst first. */
  readonly pairs?: readonly PairPicture[];
  readonly dropped?: readonly DroppedPicture[];
}
