/** The options of a preparation: parts, policies and output. */
import type { Aligner, DatasetWriter, Detector, Emit, PreparationSummary, Random, Reader } from '@facewright/core';
import type { DecodeLimits } from '@facewright/platform';
import type { FacesPolicy, WithoutFacePolicy } from './photo.js';
import type { PartNumber } from './part.js';
import type { Tier } from './tiers.js';
import type { WorkerRecipe } from './workers.js';

export interface PrepareOptions {
  /** Read twice. The first pass counts, to estimate the time left and to stop early when too few people have enough photos. */
  readonly reader: Reader;
  /**
   * Without one, only photos that come with landmarks or are already aligned can be used. A function is called when the
   * first photo needs a detector, so a dataset with landmarks never opens one.
   */
  readonly detector?: Detector | (() => Promise<Detector | undefined>);
  readonly aligner: Aligner;
  /** In the order they are tried. */
  readonly tiers: readonly Tier[];
  readonly faces: FacesPolicy;
  /** Default: `leave-out`. */
  readonly withoutFace?: WithoutFacePolicy;
  /** Finished at the end, or aborted if the preparation fails. */
  readonly writer: DatasetWriter;
  /** The preparation's own random stream, forked by identity, photo and augmenter. */
  readonly random: Random;
  /** Recorded in the summary. */
  readonly seed: number;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** Output directory for the `prepare.finished` event. If missing, the caller emits that event. */
  readonly directory?: string;
  /** Larger photos are rejected. */
  readonly limits?: DecodeLimits;
  /**
   * Worker threads, for writers that accept encoded images. `recipe` creates the same parts as above in each thread.
   */
  readonly workers?: { readonly count: number; readonly recipe: WorkerRecipe };
  /**
   * Lets a killed or interrupted preparation resume, if the writer supports it. Contains, by name and as JSON, everything
   * else that affects the result: the detector with its options and the options of the augmenters.
   */
  readonly resumeKey?: Readonly<Record<string, unknown>>;
  /** Prepares only the people of this part of the data, as a dataset that `mergeParts` takes. */
  readonly part?: PartNumber;
  /** What an earlier preparation of a part has left in the same place: if it is this very part, it is returned as it is. */
  readonly earlier?: () => Promise<PreparationSummary | undefined>;
}
