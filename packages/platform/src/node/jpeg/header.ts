/** Reads a JPEG's segments up to its frame header (ITU-T T.81, annex B): its size, and whether the plain decoders may read it. */

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /**
   * Baseline, 8 bits, grey or YCbCr with common sampling, upright. Every build of libjpeg-turbo gives the same pixels
   * for such a file. Progressive files, CMYK, RGB, rotated photos and rare sampling are left to sharp.
   */
  readonly plain: boolean;
  /** Baseline in a single scan: it can be decoded line by line, without holding all of it. */
  readonly byLine: boolean;
}

const BASELINE = 0xc0;
/** Baseline, and the same with more bits or tables. */
const SEQUENTIAL = [BASELINE, 0xc1];
const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const [APP1, APP14] = [0xe1, 0xee];
/** Adobe's code for the colour transform. */
const YCBCR = 1;
const ORIENTATION = 0x112;
/** Horizontal and vertical sampling of the luminance, if both chrominance planes have 1 and 1: 4:4:4, 4:2:2, 4:2:0. */
const SAMPLING = [0x11, 0x21, 0x22];

/** `undefined` for anything that is not a JPEG, or whose segments are broken before the frame header. */
export function jpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== START_OF_IMAGE) return undefined;
  let [width, height, planes] = [0, 0, 0];
  let [framed, plain] = [false, true];
  // runs for every image of a training: no objects for segments that say nothing
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // a marker may be filled up with FF before it
      continue;
    }
    if (withoutLength(marker)) break;
    const start = at + 4;
    at += 2 + bytes[at + 2] * 256 + bytes[at + 3];
    if (marker === START_OF_SCAN) {
      const byLine = planes > 0 && start < Math.min(at, bytes.length) && bytes[start] === planes;
      return framed ? { width, height, plain, byLine } : undefined;
    }
    if (marker === APP1) plain &&= upright(bytes.subarray(start, at));
    else if (marker === APP14) plain &&= usualColours(bytes.subarray(start, at));
    else if (isFrame(marker)) {
      const frame = bytes.subarray(start, at);
      if (frame.length < 6) return undefined;
      plain &&= !framed && marker === BASELINE && usualFrame(frame);
      planes = !framed && SEQUENTIAL.includes(marker) ? frame[5] : 0;
      if (!framed) [width, height] = [frame[3] * 256 + frame[4], frame[1] * 256 + frame[2]];
      framed = true;
    }
  }
  return framed ? { width, height, plain: false, byLine: false } : undefined;
}

/** C0 to CF except tables (C4), extensions (C8) and arithmetic coding conditions (CC). */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker);

const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/** Restarts, start and end of image, and other markers that do not start a segment before the scan. */
const withoutLength = (marker: number): boolean => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd9);

/** 8 bits, and either one plane, or three with equally sampled chrominance. */
function usualFrame(frame: Uint8Array): boolean {
  const planes = frame[5];
  if (frame[0] !== 8 || frame.length !== 6 + planes * 3) return false;
  if (planes === 1) return true;
  return planes === 3 && SAMPLING.includes(frame[7]) && frame[10] === 0x11 && frame[13] === 0x11;
}

/** Whether this segment is not Adobe's, or says YCbCr. */
const usualColours = (segment: Uint8Array): boolean => !startsWith(segment, 'Adobe') || segment[11] === YCBCR;

/**
 * Whether this segment leaves the photo upright: not EXIF, or EXIF with orientation absent or 1. Anything unclear is
 * left to sharp.
 */
function upright(segment: Uint8Array): boolean {
  if (!startsWith(segment, 'Exif\0')) return true;
  const tiff = new DataView(segment.buffer, segment.byteOffset + 6, Math.max(0, segment.length - 6));
  if (tiff.byteLength < 8) return false;
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return false;
  const entries = tiff.getUint16(directory, little);
  if (directory + 2 + entries * 12 > tiff.byteLength) return false;
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (tiff.getUint16(at, little) === ORIENTATION && tiff.getUint16(at + 8, little) !== 1) return false;
  }
  return true;
}

const startsWith = (segment: Uint8Array, text: string): boolean =>
  segment.length >= text.length && [...text].every((letter, at) => segment[at] === letter.charCodeAt(0));
