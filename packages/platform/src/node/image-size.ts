/** Reads the image size from a JPEG or PNG header, so that oversized photos are rejected before decoding. */
import type { RgbImage } from '@facewright/core';
import { jpegHeader } from './jpeg/header.js';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

/** `undefined` for everything else, and if the header is invalid. */
export function sizeInHeader(bytes: Uint8Array): Pick<RgbImage, 'width' | 'height'> | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    const header = jpegHeader(bytes);
    return header && { width: header.width, height: header.height };
  }
  if (bytes.length < 24 || PNG.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
