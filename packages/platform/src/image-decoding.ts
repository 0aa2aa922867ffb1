/** What decoders of photos share, in Node and in browsers: the limits and the error that says why a photo is left out. */
import { FacewrightError, type ExclusionReason, type RgbImage } from '@facewright/core';

export interface DecodeLimits {
  /** Refused above this many pixels: decompression bombs. */
  readonly maxPixels?: number;
  /** Refused where either side is longer. */
  readonly maxSide?: number;
}

/** A photo that cannot become pixels; `reason` is what the exclusion list says. */
export class ImageError extends FacewrightError {
  constructor(
    readonly reason: ExclusionReason,
    what: string,
    where?: string,
    cause?: unknown,
  ) {
    super({ what, where, cause });
    this.name = 'ImageError';
  }
}

/** Throws an `ImageError` for a photo over the limits: 100 megapixels and 20,000 pixels a side unless given. */
export function refuseLarge(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  { maxPixels = 100_000_000, maxSide = 20_000 }: DecodeLimits,
  where?: string,
): void {
  if (width <= maxSide && height <= maxSide && width * height <= maxPixels) return;
  throw new ImageError(
    'too-large',
    `The image is ${width}×${height}, over the limit of ${maxSide} px a side and ${maxPixels} px in all.`,
    where,
  );
}
