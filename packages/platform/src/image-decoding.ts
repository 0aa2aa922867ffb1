/** Shared by the photo decoders of Node and browsers: limits, and the error that explains why a photo is excluded. */
import { brand, FacewrightError, PHOTO_LIMITS, type ExclusionReason, type RgbImage } from '@facewright/core';

export interface DecodeLimits {
  /** Larger files are rejected, if possible before they are read. */
  readonly maxBytes?: number;
  /** Larger images are rejected: they may be decompression bombs. */
  readonly maxPixels?: number;
  /** Images with a longer side are rejected. */
  readonly maxSide?: number;
}

/** A photo that cannot be decoded; `reason` appears in the list of excluded photos. */
export class ImageError extends FacewrightError {
  static {
    brand(this, 'ImageError');
  }

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

/** Throws an `ImageError` for a photo with too many bytes. */
export function refuseManyBytes(
  bytes: number,
  { maxBytes = PHOTO_LIMITS.maxBytes }: DecodeLimits,
  where?: string,
): void {
  if (bytes > maxBytes) throw tooManyBytes(bytes, maxBytes, where);
}

export const tooManyBytes = (bytes: number, maxBytes: number, where?: string): ImageError =>
  new ImageError(
    'too-large',
    `The photo has ${bytes} bytes, more than the limit of ${maxBytes} bytes (limits.maxBytes in the config).`,
    where,
  );

/** Throws an `ImageError` for a photo with too many pixels. */
export function refuseLarge(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  { maxPixels = PHOTO_LIMITS.maxPixels, maxSide = PHOTO_LIMITS.maxSide }: DecodeLimits,
  where?: string,
): void {
  if (width <= maxSide && height <= maxSide && width * height <= maxPixels) return;
  throw new ImageError(
    'too-large',
    `The image is ${width}×${height}, over the limit of ${maxSide} px per side (limits.maxSide in the config) or ${maxPixels} px in total (limits.maxPixels).`,
    where,
  );
}
