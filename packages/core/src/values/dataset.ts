/** A prepared dataset: aligned images, and the record of how they were made. */
import type { Landmarks } from './face.js';
import type { RgbImage } from './image.js';

/** One aligned image of the dataset. */
export interface Sample {
  readonly identity: string;
  /** `Photo.id` of the photo it was made from: augmented copies share it, and so fall on the same side of a split. */
  readonly source: string;
  /** `original`, or the augmenter's name. */
  readonly kind: string;
  /** Landmarks in the source photo, where they are known. */
  readonly landmarks?: Landmarks;
}

/** Takes aligned images in order; nothing is visible under its final name before `finish`. */
export interface DatasetWriter {
  add(sample: Sample, image: RgbImage): Promise<void>;
  finish(summary: PreparationSummary): Promise<void>;
  /** Leaves nothing half written. */
  abort(): Promise<void>;
}

/** An aligned image, encoded as the dataset keeps it. */
export interface EncodedSample {
  readonly sample: Sample;
  readonly bytes: Uint8Array;
}

/** A writer that takes a photo's images at once, already encoded, and goes on where an interrupted one has ended. */
export interface ResumableWriter extends DatasetWriter {
  readonly format: 'jpeg' | 'png';
  /**
   * To be called first, if at all. Takes over what a writer with the same `key` has left of a preparation that was killed or suspended: gives
   * the notes of all photos that are wholly written, in their order; [] where there is nothing.
   */
  resume(key: string): Promise<readonly unknown[]>;
  /** The images of one photo, none where it was left out, and a note about it (JSON) for `resume`. */
  addPhoto(images: readonly EncodedSample[], note: unknown, encoder?: string): Promise<void>;
  /** In the place of `abort`: what is wholly written stays for `resume`. */
  suspend(): Promise<void>;
}

export interface Dataset {
  /** Path of the directory. */
  readonly directory: string;
  readonly summary: PreparationSummary;
  /** Names in label order: `identities[label]`. */
  readonly identities: readonly string[];
  readonly samples: readonly (Sample & { readonly label: number })[];
  /** The decoded image of a sample. */
  read(index: number): Promise<RgbImage>;
  close(): Promise<void>;
}

/** Why a photo was left out; a plugin may add its own words. */
export type ExclusionReason =
  | 'unreadable'
  | 'not-an-image'
  | 'too-small'
  | 'too-large'
  | 'no-face'
  | 'several-faces'
  | 'bad-landmarks'
  | 'detection-failed'
  | 'alignment-failed'
  | 'not-picked'
  | 'too-few-photos'
  | 'wrong-size';

export interface Exclusion {
  readonly photo: string;
  readonly identity: string;
  readonly reason: ExclusionReason | (string & {});
  readonly detail?: string;
}

export interface PreparationSummary {
  /** Photos found by the reader. */
  readonly photos: number;
  /** Photos that became at least one aligned image. */
  readonly kept: number;
  readonly dropped: number;
  /** Count of dropped photos by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** By tier name: people, source photos and images written. */
  readonly perTier: Readonly<
    Record<string, { readonly identities: number; readonly photos: number; readonly images: number }>
  >;
  readonly identities: number;
  readonly images: number;
  readonly exclusions: readonly Exclusion[];
  readonly alignment: { readonly fingerprint: string; readonly size: number; readonly detector?: string };
  readonly seed: number;
  readonly seconds: number;
}
