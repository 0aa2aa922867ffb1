/**
 * Decodes plain JPEGs (see header.ts) without sharp, whose fixed cost is ten times that of a small image. The pixels
 * equal sharp's exactly. If a plain decoder finds any fault, the file is left to sharp, so the same files are rejected
 * everywhere, with the same message.
 */
import { createHash } from 'node:crypto';
import { jpegHeader, type JpegHeader } from './header.js';
import { openTurboJpeg } from './turbojpeg.js';
import { openWasmJpeg } from './wasm.js';

export type JpegDecoderName = 'libturbojpeg' | 'libjpeg-turbo-wasm' | 'sharp';

/** A decoder of plain JPEGs. Belongs to the thread that opened it. */
export interface PlainDecoder {
  readonly name: JpegDecoderName;
  /**
   * Writes RGB bytes, row by row, into `into` (height · width · 3). Returns false unless the file is complete and
   * without warnings; the contents of `into` are then unspecified. See `FAST_OFFSET`.
   */
  decode(bytes: Uint8Array, size: Pick<JpegHeader, 'width' | 'height'>, into: Uint8Array): boolean;
}

/**
 * Where pixels best start in their buffer, in bytes. libjpeg-turbo writes rows that start at a multiple of 32 past the
 * processor's cache, straight to memory, which makes decoding a small image a third slower. From here on, no row does so
 * whose width is a multiple of 8.
 */
export const FAST_OFFSET = 4;

const SHARP: PlainDecoder = { name: 'sharp', decode: () => false };

/**
 * Opens the fastest decoder that works here, or the named one; `sharp` leaves every file to sharp. Rejects if the named
 * one is not available.
 */
export async function openJpegDecoder(name?: JpegDecoderName): Promise<PlainDecoder> {
  if (name === 'sharp') return SHARP;
  if (name === 'libturbojpeg') return checked(await openTurboJpeg());
  if (name === 'libjpeg-turbo-wasm') return checked(openWasmJpeg());
  for (const open of [openTurboJpeg, openWasmJpeg]) {
    try {
      return checked(await open());
    } catch {
      // try the next one
    }
  }
  return SHARP;
}

let own: Promise<PlainDecoder> | undefined;

/** This thread's decoder. */
export const jpegDecoder = (): Promise<PlainDecoder> => (own ??= openJpegDecoder());

/** A library from the system is only used if it decodes a known picture exactly. */
function checked(decoder: PlainDecoder): PlainDecoder {
  const bytes = Buffer.from(KNOWN_PICTURE, 'base64');
  const header = jpegHeader(bytes)!;
  const pixels = new Uint8Array(header.width * header.height * 3);
  const exact = decoder.decode(bytes, header, pixels) && sha256(pixels) === KNOWN_PIXELS;
  if (!exact) throw new Error(`${decoder.name} decodes a known picture to other pixels`);
  return decoder;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** 21 × 19 pixels of noise over a gradient, 4:2:0. */
const KNOWN_PICTURE =
  '/9j/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/2wBDAQUFBQcGBw4ICA4eFBEUHh4eHh4eHh' +
  '4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh7/wAARCAATABUDASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAAcDCP/EACUQAAIBAwQB' +
  'BQEBAAAAAAAAAAECAwARIQQGEjFBEyIjUXFhsf/EABkBAAIDAQAAAAAAAAAAAAAAAAMFAAECBP/EACQRAAIBAgQHAQAAAAAAAAAAAAECAAMREiGRwSMxQVFSYbHw/9oADA' +
  'MBAAIRAxEAPwCf7GSSNVeFVMQAX3nmtyc3BN8qM2PQ+xi6bOf5NPKyegefNUcgtj3Wx4uGPKw7IyahewJVWOOK7SsQSOdgrAKOiBa37YYH3erlsJYVZJ9Oh4vB8atYEDCl' +
  'TfF2AJ+7A46s3wqDfrpFdmI9ftDtLHt6SaHTsZpER3seT5DDvBBHV/3z5pWe39UsehUTSQnkA4JVrm/k8B/B3Sud0ctfYy+IeR+TjLYKK6wyMLmUgyZwx9NDe3V7kmrds8' +
  'BCAiqoaMOQFABPpMev0ClKLQzdr9hvJXAAW3jvLFsaeSfQMkpV1VQVBUYJZ7/4KUpQ66gVDlNOxxHOf//Z';
const KNOWN_PIXELS = 'c91a4de7e083b48ef826b899a2cc90c89624d3e03f35f5cb0464c2fa1b4d9630';
