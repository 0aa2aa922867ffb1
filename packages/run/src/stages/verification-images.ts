/**
 * The images of a verification set in the form the model needs: aligned ones unchanged, photos detected and aligned
 * first.
 */
import { FacewrightError, throwIfAborted, type Aligner, type Detector, type RgbImage } from '@facewright/core';
import { decodeImage, type DecodeLimits } from '@facewright/platform/node';
import type { ImageSource } from '@facewright/datasets';
import { centralFace } from '@facewright/preprocess';

export interface ImageOptions {
  readonly images: ImageSource;
  /** Side of aligned images in pixels. */
  readonly size: number;
  /**
   * `true`: the images are aligned; `false`: they are photos; `undefined`: images of the aligned size are aligned, all
   * others are photos.
   */
  readonly aligned?: boolean;
  /** Called when the first image that is not aligned arrives. */
  align(): Promise<{ detector: Detector; aligner: Aligner }>;
  readonly signal: AbortSignal;
  /** Larger images are skipped. */
  readonly limits?: DecodeLimits;
}

/** An unusable image. */
export interface SkippedImage {
  readonly path: string;
  readonly reason: string;
}

/**
 * Gives an aligned image by path, or `undefined` if it cannot be used, with the reason passed to `skip`. Errors in the
 * aligner or detector are thrown.
 */
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
