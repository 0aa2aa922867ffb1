/** Finds faces in a photo. */
import type { Face } from '../values/face.js';
import type { RgbImage } from '../values/image.js';

export interface Detector {
  /** Faces in falling confidence; an empty list where there is none. Must not depend on images seen before. The pixels may be gone when it has answered. */
  detect(image: RgbImage): Promise<Face[]>;
  /** The same answers as `detect` one by one, where a batch is faster. */
  detectBatch?(images: readonly RgbImage[]): Promise<Face[][]>;
  /** What makes its answers what they are (algorithm, rules, hash of the weights): recorded with the dataset. */
  readonly fingerprint?: string;
  dispose?(): void;
}
