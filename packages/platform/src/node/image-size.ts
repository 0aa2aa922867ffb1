/** Reads the image size from a JPEG or PNG header, so that oversized photos are rejected before decoding. */
import type { RgbImage } from '@facewright/core';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

/** `undefined` for everything else, and where the header is not as it should be. */
export function sizeInHeader(bytes: Uint8Array): Pick<RgbImage, 'width' | 'height'> | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return sizeOfJpeg(bytes);
  if (bytes.length < 24 || PNG.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Segment after segment to the frame's: C0 to CF but for tables (C4), extensions (C8) and conditions of arithmetic coding (CC). */
function sizeOfJpeg(bytes: Uint8Array): Pick<RgbImage, 'width' | 'height'> | undefined {
  const word = (at: number): number => bytes[at] * 256 + bytes[at + 1];
  for (let at = 2; at + 9 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // a marker may be filled up with FF before it
    } else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: word(at + 7), height: word(at + 5) };
    } else {
      if (marker === 0 || (marker >= 0xd0 && marker <= 0xda) || marker === 1) return undefined;
      at += 2 + word(at + 2);
    }
  }
  return undefined;
}
