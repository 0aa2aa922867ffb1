/**
 * Decodes Windows bitmaps: 1, 4, 8, 16, 24 and 32 bits, bottom-up or top-down, with bit fields. An alpha channel is
 * dropped, as in OpenCV. Layout: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage. sharp does not read
 * them.
 */
import type { RgbImage } from '@facewright/core';

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  /** Offset of the first row. */
  readonly offset: number;
  /** Colours as blue, green, red, in 3 or 4 bytes each. */
  readonly palette: { readonly at: number; readonly entry: 3 | 4; readonly colours: number };
  /** Bit masks of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly number[];
}

const PLAIN = 0;
const BIT_FIELDS = 3;
const CORE_HEADER = 12;

/** `undefined` for other files; throws an `Error` for an unsupported kind of bitmap. */
export function bmpHeader(bytes: Uint8Array): BmpHeader | undefined {
  if (bytes[0] !== 0x42 || bytes[1] !== 0x4d || bytes.length < 26) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(14, true);
  const old = size === CORE_HEADER;
  if (!old && (size < 40 || size > 1024 || bytes.length < 14 + size)) return undefined;
  const height = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? PLAIN : view.getUint32(30, true);
  if (compression !== PLAIN && compression !== BIT_FIELDS) throw new Error('compressed BMP is not supported');
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`it has ${bits} bits per pixel`);
  const fields = compression === BIT_FIELDS && bytes.length >= 66;
  const usual = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
  const told = old ? 0 : view.getUint32(46, true);
  return {
    width: old ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(height),
    topDown: height < 0,
    bits,
    offset: view.getUint32(10, true),
    palette: {
      at: 14 + size,
      entry: old ? 3 : 4,
      colours: bits > 8 ? 0 : Math.min(told || 2 ** bits, 2 ** bits),
    },
    masks: fields ? [54, 58, 62].map((at) => view.getUint32(at, true)) : usual,
  };
}

/** Throws an `Error` if rows are missing. */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): RgbImage {
  const { width, height, topDown, bits, offset } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (width < 1 || height < 1 || offset + stride * height > bytes.length) throw new Error('it ends too early');
  const data = new Uint8Array(width * height * 3);
  const colour = bits <= 8 ? paletteReader(bytes, header) : colourReader(bytes, header);
  for (let y = 0; y < height; y++) {
    const row = offset + stride * (topDown ? y : height - 1 - y);
    for (let x = 0, to = y * width * 3; x < width; x++, to += 3) colour(row, x, data, to);
  }
  return { width, height, data };
}

type Read = (row: number, x: number, data: Uint8Array, to: number) => void;

function paletteReader(bytes: Uint8Array, { bits, palette: { at, entry, colours } }: BmpHeader): Read {
  if (at + colours * entry > bytes.length) throw new Error('its colour table is missing');
  const each = 8 / bits;
  return (row, x, data, to) => {
    const index = (bytes[row + Math.floor(x / each)] >> (8 - bits - (x % each) * bits)) & (2 ** bits - 1);
    if (index >= colours) return; // black, as in other programs
    const from = at + index * entry;
    [data[to], data[to + 1], data[to + 2]] = [bytes[from + 2], bytes[from + 1], bytes[from]];
  };
}

function colourReader(bytes: Uint8Array, { bits, masks }: BmpHeader): Read {
  if (bits === 24)
    return (row, x, data, to) => {
      const from = row + x * 3;
      [data[to], data[to + 1], data[to + 2]] = [bytes[from + 2], bytes[from + 1], bytes[from]];
    };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = masks.map((mask) => ({
    mask,
    shift: mask ? 31 - Math.clz32(mask & -mask) : 0,
    most: mask ? mask >>> (31 - Math.clz32(mask & -mask)) || 1 : 1,
  }));
  return (row, x, data, to) => {
    const value = bits === 16 ? view.getUint16(row + x * 2, true) : view.getUint32(row + x * 4, true);
    scales.forEach(({ mask, shift, most }, channel) => {
      data[to + channel] = Math.round((((value & mask) >>> shift) * 255) / most);
    });
  };
}
