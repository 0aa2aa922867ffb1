/** Makes an augmented copy of an aligned face. */
import type { RgbImage } from '../values/image.js';
import type { Random } from '../random.js';

export interface Augmenter {
  /** A new image of the same size. The same image and stream give the same bytes. */
  augment(image: RgbImage, random: Random): RgbImage;
}
