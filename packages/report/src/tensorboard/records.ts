/**
 * TensorBoard event files: a sequence of records, each a `tensorflow.Event` protocol buffer with its length and masked
 * CRC-32C checksums.
 *
 *   record = length (uint64) · masked CRC of the length · data · masked CRC of the data, all little-endian
 *
 * Source: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
 * tensorflow/core/framework/summary.proto.
 */

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
  const head = [doubleField(1, seconds), varintField(2, step)];
  if ('fileVersion' in content) return joined([...head, bytesField(3, utf8(content.fileVersion))]);
  if ('restart' in content) return joined([...head, bytesField(7, varintField(1, 1))]);
  const values = Object.entries(content.scalars).map(([tag, value]) =>
    bytesField(1, joined([bytesField(1, utf8(tag)), floatField(2, value)])),
  );
  return joined([...head, bytesField(5, joined(values))]);
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = (field: number, wireType: number): Uint8Array => varint((field << 3) | wireType);
const varintField = (field: number, value: number): Uint8Array => joined([key(field, VARINT), varint(value)]);
const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  joined([key(field, LENGTH), varint(bytes.length), bytes]);

function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([key(field, FIXED64), bytes]);
}

function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([key(field, FIXED32), bytes]);
}

/** An integer below 2⁵³, seven bits per byte, least significant first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
