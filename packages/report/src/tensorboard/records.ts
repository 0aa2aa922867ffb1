/**
 * TensorBoard event files: a sequence of records, each a `tensorflow.Event` protocol buffer with its length and masked
 * CRC-32C checksums.
 *
 *   record = length (uint64) · masked CRC of the length · data · masked CRC of the data, all little-endian
 *
 * Source: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
 * tensorflow/core/framework/summary.proto.
 */
import { ProtobufWriter } from '@facewright/core/protobuf';

/** Castagnoli's polynomial, bit-reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/** The CRC of data that contains CRCs is weak, hence the mask. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One record around `data`. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + data.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/** The contents of an event besides time and step. */
export type EventContent =
  | { readonly fileVersion: string }
  /** A restart: TensorBoard drops what it has from `step` on. */
  | { readonly restart: true }
  | { readonly scalars: Readonly<Record<string, number>> };

/** A `tensorflow.Event`. `seconds` since 1970; `step` is an integer from 0. */
export function encodeEvent(seconds: number, step: number, content: EventContent): Uint8Array {
  const event = new ProtobufWriter().double(1, seconds).integer(2, step);
  if ('fileVersion' in content) return event.text(3, content.fileVersion).encode();
  if ('restart' in content) return event.message(7, new ProtobufWriter().integer(1, 1)).encode();
  const summary = new ProtobufWriter();
  for (const [tag, value] of Object.entries(content.scalars))
    summary.message(1, new ProtobufWriter().text(1, tag).float(2, value));
  return event.message(5, summary).encode();
}
