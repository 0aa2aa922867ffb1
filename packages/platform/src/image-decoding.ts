/** Shared by the photo decoders of Node and browsers: limits, and the error that explains why a photo is excluded. */
import { brand, FacewrightError, PHOTO_LIMITS, type Box, type ExclusionReason, type RgbImage } from '@facewright/core';

export interface DecodeLimits {
  /** Larger files are rejected, if possible before they are read. */
  readonly maxBytes?: number;
  /** Larger images are rejected: they may be decompression bombs. */
  readonly maxPixels?: number;
  /** Images with a longer side are rejected. */
  readonly maxSide?: number;
}

export interface DecodeOptions extends DecodeLimits {
  /** Named in errors. */
  readonly where?: string;
  /**
   * A photo over the limits is decoded at a fraction of its size where its format allows. For callers that read
   * `reduced`: positions in such an image are not those in the photo. With a number, so is a photo of more pixels than
   * that; where its format does not allow it, it is decoded whole if it is within the limits.
   */
  readonly reduce?: boolean | number;
}

export interface DecodedImage extends RgbImage {
  /** Present if the image is smaller than the photo. */
  readonly reduced?: Reduction;
}

/** A photo of which only a smaller image was decoded. */
export interface Reduction {
  /** Of the whole photo, upright, in pixels. */
  readonly width: number;
  readonly height: number;
  /** A part of the photo at its full size; the box must be whole pixels inside it. */
  part(box: Box): Promise<RgbImage>;
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

type Size = Pick<RgbImage, 'width' | 'height'>;

/** Whether a photo has too many pixels. */
export function isOverLimits(
  { width, height }: Size,
  { maxPixels = PHOTO_LIMITS.maxPixels, maxSide = PHOTO_LIMITS.maxSide }: DecodeLimits,
): boolean {
  return width > maxSide || height > maxSide || width * height > maxPixels;
}

/** The limits over which a photo is reduced; `undefined` if it never is. */
export function limitsToReduce(reduce: DecodeOptions['reduce'], limits: DecodeLimits): DecodeLimits | undefined {
  if (typeof reduce !== 'number') return reduce ? limits : undefined;
  return { ...limits, maxPixels: Math.min(limits.maxPixels ?? PHOTO_LIMITS.maxPixels, reduce) };
}

/** How many times smaller a reduced image may be. */
const FRACTIONS = [2, 4];

/** The largest size below the limits at which a photo may be decoded instead; `undefined` if it is too large for that. */
export function reducedSize({ width, height }: Size, limits: DecodeLimits): Size | undefined {
  return FRACTIONS.map((by) => ({ width: Math.floor(width / by), height: Math.floor(height / by) })).find(
    (size) => !isOverLimits(size, limits),
  );
}

/** Throws an `ImageError` for a photo with too many pixels. */
export function refuseLarge({ width, height }: Size, limits: DecodeLimits, where?: string): void {
  if (!isOverLimits({ width, height }, limits)) return;
  const { maxPixels = PHOTO_LIMITS.maxPixels, maxSide = PHOTO_LIMITS.maxSide } = limits;
  throw new ImageError(
    'too-large',
    `The image is ${width}×${height}, over the limit of ${maxSide} px per side (limits.maxSide in the config) or ${maxPixels} px in total (limits.maxPixels).`,
    where,
  );
}
