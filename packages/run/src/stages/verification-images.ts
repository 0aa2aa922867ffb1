/** The images of a verification set, as the model wants them: aligned ones as they are, photos detected and aligned first. */
import { FacewrightError, throwIfAborted, type Aligner, type Detector, type RgbImage } from '@facewright/core';
import { decodeImage, type DecodeLimits } from '@facewright/platform/node';
import type { ImageSource } from '@facewright/datasets';
import { centralFace } from '@facewright/preprocess';

export interface ImageOptions {
  readonly images: ImageSource;
  /** Side of aligned images in pixels. */
  readonly size: number;
  /** `true`: the images are aligned; `false`: they are photos; `undefined`: those of the aligned size are aligned, others photos. */
  readonly aligned?: boolean;
  /** Asked for when the first photo that is not aligned comes. */
  align(): Promise<{ detector: Detector; aligner: Aligner }>;
  readonly signal: AbortSignal;
  /** Larger images are passed over. */
  readonly limits?: DecodeLimits;
}

/** An image that cannot be used. */
export interface SkippedImage {
  readonly path: string;
  readonly reason: string;
}

/** Gives an aligned image by its path, or `undefined` where it cannot be used; `skip` is told why. What is wrong with the aligner or the detector is thrown. */
export function alignedImages(
  { images, size, aligned, align, signal, limits = {} }: ImageOptions,
  skip: (image: SkippedImage) => void,
): (path: string) => Promise<RgbImage | undefined> {
  const decoded = async (path: string): Promise<RgbImage | undefined> => {
    try {
      return await decodeImage(await images.bytes(path, { ...limits, signal }), { ...limits, where: path });
    } catch (error) {
      throwIfAborted(signal, 'evaluation');
      if (!(error instanceof FacewrightError)) throw error;
      skip({ path, reason: error.what });
      return undefined;
    }
  };
  return async (path) => {
    const image = await decoded(path);
    if (!image || (image.width === size && image.height === size && aligned !== false)) return image;
    if (aligned) {
      skip({ path, reason: `${image.width}×${image.height} pixels instead of ${size}×${size}` });
      return undefined;
    }
    const { detector, aligner } = await align();
    const face = centralFace(await detector.detect(image), image);
    if (!face) skip({ path, reason: 'no face found' });
    return face && aligner.align(image, face.landmarks);
  };
}
