/** A prepared dataset: aligned images, and the record of how they were made. */
import type { Landmarks } from './face.js';
import type { RgbImage } from './image.js';

/** One aligned image of the dataset. */
export interface Sample {
  readonly identity: string;
  /** `Photo.id` of the source photo. Augmented copies share it, so they stay on the same side of a split. */
  readonly source: string;
  /** `original`, or the augmenter's name. */
  readonly kind: string;
  /** Landmarks in the source photo, if known. */
  readonly landmarks?: Landmarks;
}

/** Writes aligned images in order. Nothing appears under its final name before `finish`. */
export interface DatasetWriter {
  add(sample: Sample, image: RgbImage): Promise<void>;
  /** Lists a photo that was left out. */
  exclude(exclusion: Exclusion): Promise<void>;
  finish(summary: PreparationSummary): Promise<void>;
  /** Removes everything written so far. */
  abort(): Promise<void>;
}

/** An aligned image in the dataset's encoding. */
export interface EncodedSample {
  readonly sample: Sample;
  readonly bytes: Uint8Array;
}

/** The photos that an interrupted writer had completely written. */
export interface WrittenPhotos {
  /** 0 if there is nothing to resume. */
  readonly count: number;
  /** Their notes in order. They are read one by one, because there may be millions. */
  notes(): AsyncIterable<unknown>;
}

/** A writer that takes all encoded images of a photo at once and can resume after an interruption. */
export interface ResumableWriter extends DatasetWriter {
  readonly format: 'jpeg' | 'png';
  /**
   * If called, must be called first. Takes over what a writer with the same `key` left behind when it was killed or
   * suspended.
   */
  resume(key: string): Promise<WrittenPhotos>;
  /** The images of one photo (none if it was dropped), and a JSON note about it for `resume`. */
  addPhoto(images: readonly EncodedSample[], note: unknown, encoder?: string): Promise<void>;
  /** Instead of `abort`: keeps everything completely written, for `resume`. */
  suspend(): Promise<void>;
}

/**
 * The images of a dataset as columns: a few bytes per image, so a dataset of tens of millions fits in memory. Names are
 * looked up individually. `sampleColumns` creates them from objects.
 */
export interface SampleColumns {
  /** Names in label order: `identities[labels[index]]`. */
  readonly identities: readonly string[];
  /** Number of images. */
  readonly length: number;
  /** Label of each image. */
  readonly labels: Uint32Array;
  /** Number of the photo that each image was made from, below `photoCount`. Images of one photo share it. */
  readonly photos: Uint32Array;
  readonly photoCount: number;
  /** Kind of each image, an index into `kindNames`. */
  readonly kinds: Uint16Array;
  /** `original` and names of augmenters, without repeats. */
  readonly kindNames: readonly string[];
  /** `Photo.id` of the photo that an image was made from. Throws a `RangeError` if there is no such image. */
  sourceOf(index: number): string;
  kindOf(index: number): string;
  /** Landmarks in the source photo, if known. */
  landmarksOf(index: number): Landmarks | undefined;
}

export interface Dataset extends SampleColumns {
  /** Path of the directory. */
  readonly directory: string;
  readonly summary: PreparationSummary;
  /** Every photo that was left out, in the order of the preparation. */
  exclusions(): AsyncIterable<Exclusion>;
  /**
   * Number of the file that an image lies in. The images of a file follow each other there in the order of their indexes.
   * Missing if images do not lie in files of many.
   */
  fileOf?(index: number): number;
  /** The decoded image of a sample. */
  read(index: number): Promise<RgbImage>;
  /** Opens a reader for whole batches. Missing if images can only be read individually. */
  openBatchReader?(options: BatchReaderOptions): BatchReader;
  close(): Promise<void>;
}

export interface BatchReaderOptions {
  /** Height and width in pixels to fit every image to. */
  readonly size: readonly [height: number, width: number];
  /** Number of reading threads. Default: one fewer than the processor has, at most 8. */
  readonly threads?: number;
}

/** Reads many images at once, in its own threads. Any number of reads may be in progress. */
export interface BatchReader {
  /**
   * RGB bytes [n, height, width, 3] of these images, in this order, with those in `mirrored` flipped horizontally. The
   * result does not depend on the number of threads. Rejects like the dataset's `read` if an image cannot be read. Pass the
   * array to `releaseArray` when you are done with it: a reader may then write a later batch there.
   */
  read(samples: ArrayLike<number>, mirrored?: ArrayLike<boolean>): Promise<Uint8Array>;
  /**
   * Reads these images in this order, in long pieces, and keeps each in memory until `read` takes it: for disks and
   * networks that are slow at random. The order should be that of their files. Calls are worked off in turn; `anew` first
   * drops what is still kept. An image that cannot be read makes `read` reject, not this. Missing if nothing can be kept.
   */
  prefetch?(samples: ArrayLike<number>, options?: { readonly anew?: boolean }): Promise<void>;
  /** Waits for reads in progress and ends the threads. */
  close(): Promise<void>;
}

/** Why a photo was dropped. Plugins may add their own reasons. */
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

/** One part of a preparation that is divided among processes or machines. */
export interface PreparedPart {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
  /** Digests of all that the parts must have in common, by name, e.g. `photos` and `detector`. */
  readonly basis: Readonly<Record<string, string>>;
}

export interface PreparationSummary {
  /** Photos found by the reader. */
  readonly photos: number;
  /** Photos that became at least one aligned image. */
  readonly kept: number;
  readonly dropped: number;
  /** Count of dropped photos by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** People, source photos and images written, by tier name. */
  readonly perTier: Readonly<
    Record<string, { readonly identities: number; readonly photos: number; readonly images: number }>
  >;
  readonly identities: number;
  readonly images: number;
  readonly alignment: { readonly fingerprint: string; readonly size: number; readonly detector?: string };
  readonly seed: number;
  readonly seconds: number;
  /** Only in a part of a divided preparation, whose counts are its own. */
  readonly part?: PreparedPart;
}
