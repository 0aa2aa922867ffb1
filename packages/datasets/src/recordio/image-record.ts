/**
 * The payload of InsightFace's records (mxnet, python/mxnet/recordio.py, `pack`): `IRHeader` with flag u32, label f32,
 * id u64, id2 u64, little-endian; a flag above 0 is the number of f32 labels that follow and replace the single one;
 * the rest is the encoded image.
 */

export interface ImageRecord {
  readonly flag: number;
  /** One or more. Only the first is the person's number. */
  readonly labels: readonly number[];
  readonly id: number;
  readonly id2: number;
  /** Empty in the records that describe id ranges. */
  readonly image: Buffer;
}

const HEADER = 24;
/** More labels than in any real set. */
const MAX_LABELS = 1 << 16;
/** Bytes of a payload that include the header and one or two labels. */
export const RECORD_HEAD = HEADER + 8;

/** `flag` is 0 for a single label, otherwise the number of labels. */
export function encodeImageRecord({
  labels,
  id,
  image,
}: {
  readonly labels: number | readonly number[];
  readonly id: number;
  readonly image: Uint8Array;
}): Buffer {
  const several = typeof labels === 'number' ? [] : labels;
  const bytes = Buffer.alloc(HEADER + several.length * 4 + image.length);
  bytes.writeUInt32LE(several.length);
  bytes.writeFloatLE(typeof labels === 'number' ? labels : 0, 4);
  bytes.writeBigUInt64LE(BigInt(id), 8);
  several.forEach((label, index) => bytes.writeFloatLE(label, HEADER + index * 4));
  bytes.set(image, HEADER + several.length * 4);
  return bytes;
}

/** `undefined` if the payload is too short for its header. The image is a view of `payload`. */
export function parseImageRecord(payload: Buffer): ImageRecord | undefined {
  if (payload.length < HEADER) return undefined;
  const flag = payload.readUInt32LE();
  const start = HEADER + flag * 4;
  if (start > payload.length || flag > MAX_LABELS) return undefined;
  const labels =
    flag === 0
      ? [payload.readFloatLE(4)]
      : Array.from({ length: flag }, (_, index) => payload.readFloatLE(HEADER + index * 4));
  return {
    flag,
    labels,
    id: Number(payload.readBigUInt64LE(8)),
    id2: Number(payload.readBigUInt64LE(16)),
    image: payload.subarray(start),
  };
}

/** The first label of a payload, of which only the first `RECORD_HEAD` bytes are needed. */
export function firstLabel(head: Buffer): number | undefined {
  if (head.length < HEADER) return undefined;
  if (head.readUInt32LE() === 0) return head.readFloatLE(4);
  return head.length < HEADER + 4 ? undefined : head.readFloatLE(HEADER);
}

/** Size of the image in a payload of `length` bytes; negative if it is too short for its labels. */
export const imageBytes = (head: Buffer, length: number): number =>
  head.length < HEADER ? -1 : length - HEADER - head.readUInt32LE() * 4;
