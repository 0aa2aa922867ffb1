/** Pictures that a report shows and no event holds. */

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

/** A photo that was left out. */
export interface DroppedPicture extends Picture {
  readonly photo: string;
  readonly reason: string;
}

export interface Pictures {
  /** A few images of several people. */
  readonly crops?: readonly Crop[];
  /** The worst first. */
  readonly pairs?: readonly PairPicture[];
  readonly dropped?: readonly DroppedPicture[];
}
