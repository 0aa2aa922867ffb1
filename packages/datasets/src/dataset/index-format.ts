/**
 * `index.bin`: position and description of each image of a dataset. Little-endian.
 *
 *   header   32 bytes: "FWINDEX\0", version u32, bytes a record u32, records u32, sources u32, kinds u32, bytes of strings u32
 *   records  72 bytes each: shard u32, offset u32, size u32, CRC-32 of the image u32, label u32, source u32, kind u32,
 *            reserved u32 (0), five points as x, y f32 in template order (NaN where they are not known)
 *   strings  the byte length of each as u32, then all of them as UTF-8: sources (`Photo.id`) first, then kinds
 *   end      CRC-32 of everything before it u32
 *
 * An offset is that of the image's own bytes in its shard, so that one positioned read gets it.
 */
import type { Landmarks } from '@facewright/core';

export const MAGIC = Buffer.from('FWINDEX\0', 'latin1');
export const INDEX_VERSION = 1;
export const HEADER_BYTES = 32;
export const RECORD_BYTES = 72;
/** Offset of the landmarks in a record. */
export const POINTS_AT = 32;
export const CHECKSUM_BYTES = 4;

/** Where an image's bytes are. */
export interface ImagePlace {
  readonly shard: number;
  /** Bytes from the start of the shard. */
  readonly offset: number;
  readonly size: number;
  /** CRC-32 of the encoded image. */
  readonly crc: number;
}

export interface IndexRecord extends ImagePlace {
  readonly label: number;
  readonly source: string;
  readonly kind: string;
  /** Kept as float32: within 1e-4 px up to 1,000 px. */
  readonly landmarks?: Landmarks;
}
