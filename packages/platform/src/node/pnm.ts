/**
 * Decodes portable bitmaps, greymaps and pixmaps (`.pbm`, `.pgm`, `.ppm`; P1 to P6),
 * https://netpbm.sourceforge.net/doc/ppm.html. sharp does not read them.
 */
import type { RgbImage } from '@facewright/core';

export interface PnmHeader {
  /** 1 to 6. */
  readonly kind: number;
  readonly width: number;
  readonly height: number;
  readonly maximum: number;
  /** Offset of the values. */
  readonly offset: number;
}

/** Whitespace and comments, then a number; headers have only a few. */
const NUMBER = /(?:\s|#[^\n\r]*[\n\r])+(\d{1,6})/y;
const HEADER_BYTES = 4096;

/** `undefined` for other files. */
export function pnmHeader(bytes: Uint8Array): PnmHeader | undefined {
  const kind = bytes[1] - 0x30;
  if (bytes[0] !== 0x50 || !(kind >= 1 && kind <= 6)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEADER_BYTES)).toString('latin1');
  const numbers: number[] = [];
  NUMBER.lastIndex = 2;
  for (let missing = kind === 1 || kind === 4 ? 2 : 3; missing > 0; missing--) {
    const match = NUMBER.exec(text);
    if (!match) return undefined;
    numbers.push(Number(match[1]));
  }
  const [width, height, maximum = 1] = numbers;
  // a single whitespace character ends the header
  return maximum < 1 || maximum > 65_535 ? undefined : { kind, width, height, maximum, offset: NUMBER.lastIndex + 1 };
}

/** Throws an `Error` if values are missing. */
export function decodePnm(bytes: Uint8Array, header: PnmHeader): RgbImage {
  const { kind, width, height, maximum } = header;
  const channels = kind % 3 === 0 ? 3 : 1;
  const values = kind > 3 ? binary(bytes, header, channels) : written(bytes, header, width * height * channels);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const value = values(channels === 3 ? i : Math.floor(i / 3));
    const level = kind % 3 === 1 ? 1 - value : value; // in bitmaps, 1 is black
    data[i] = Math.round((Math.min(level, maximum) * 255) / maximum);
  }
  return { width, height, data };
}

function binary(
  bytes: Uint8Array,
  { kind, width, height, maximum, offset }: PnmHeader,
  channels: number,
): (index: number) => number {
  const each = maximum > 255 ? 2 : 1;
  const stride = kind === 4 ? Math.ceil(width / 8) : width * channels * each;
  if (width < 1 || height < 1 || offset + stride * height > bytes.length) throw new Error('it ends too early');
  if (kind === 4)
    return (index) => {
      const x = index % width;
      return (bytes[offset + Math.floor(index / width) * stride + (x >> 3)] >> (7 - (x & 7))) & 1;
    };
  return each === 1
    ? (index) => bytes[offset + index]
    : (index) => bytes[offset + index * 2] * 256 + bytes[offset + index * 2 + 1];
}

/** Values written as text; bits need no separators. */
function written(bytes: Uint8Array, { kind, offset }: PnmHeader, count: number): (index: number) => number {
  if (count < 1 || count > bytes.length) throw new Error('it ends too early');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset).toString('latin1');
  const found = text.matchAll(kind === 1 ? /[01]/g : /\d{1,6}/g);
  const values = new Uint32Array(count);
  let filled = 0;
  for (const [digits] of found) {
    if (filled === count) break;
    values[filled++] = Number(digits);
  }
  if (filled < count) throw new Error('it ends too early');
  return (index) => values[index];
}
