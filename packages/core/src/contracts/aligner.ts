/** Aligns a face to the template that models are trained on. */
import type { Landmarks } from '../values/face.js';
import type { RgbImage } from '../values/image.js';

export interface Aligner {
  /**
   * Template, size, interpolation and border in one string. Stored with datasets and models, and compared before use.
   */
  readonly fingerprint: string;
  /** Side length of the square result, in pixels. */
  readonly size: number;
  /** A new image of `size` × `size`; pixels outside the photo are black. */
  align(image: RgbImage, landmarks: Landmarks): RgbImage;
}
