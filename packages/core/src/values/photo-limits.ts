/** Default limits for photos; the config can change them. */

/** Allows 108-megapixel phone photos. */
export const PHOTO_LIMITS = { maxBytes: 256_000_000, maxPixels: 120_000_000, maxSide: 20_000 } as const;

/** How the bytes of a photo are read. */
export interface ByteLimits {
  /** A larger photo rejects without being read. */
  readonly maxBytes?: number;
  /** Ends the reading with `Interrupted`. */
  readonly signal?: AbortSignal;
}
