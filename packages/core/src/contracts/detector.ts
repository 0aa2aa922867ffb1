/** Finds faces in a photo. */
import type { Face } from '../values/face.js';
import type { RgbImage } from '../values/image.js';

export interface Detector {
  /**
   * Faces in order of decreasing confidence; an empty list if there are none. Must not depend on earlier images. The
   * caller may free the pixels once it returns.
   */
  detect(image: RgbImage): Promise<Face[]>;
  /** Same results as calling `detect` on each image, for detectors that are faster on batches. */
  detectBatch?(images: readonly RgbImage[]): Promise<Face[][]>;
  /** Everything that determines the results (algorithm, rules, hash of the weights). Recorded with the dataset. */
  readonly fingerprint?: string;
  dispose?(): void;
}
