/** Identifies a file by its first bytes: which decoder reads it, or which unsupported format it is. */
import { latin1Text } from '@facewright/core';

/** Formats that sharp decodes. It could also render SVG, but that is a program rather than a photo. */
const BY_SHARP: readonly (readonly [signature: string, offset: number])[] = [
  ['\xff\xd8\xff', 0],
  ['\x89PNG\r\n\x1a\n', 0],
  ['GIF8', 0],
  ['WEBP', 8],
  ['II*\0', 0],
  ['MM\0*', 0],
  ['II+\0', 0],
  ['MM\0+', 0],
];

const WEB_PAGE = 'a web page';
const FILM = 'a film';
const MACOS = 'what macOS keeps beside a file';
const LFS = 'a pointer of Git LFS';

/** What to do about a format that has this name, in place of converting it. */
const ADVICE: Readonly<Record<string, string>> = {
  [WEB_PAGE]: 'Download the photo itself.',
  [FILM]: 'Save frames of it as JPEG or PNG.',
  [MACOS]: 'There is no picture in it.',
  [LFS]: 'Fetch the photo itself: git lfs pull.',
};

export const adviceOn = (format: string): string => ADVICE[format] ?? 'Convert it to JPEG or PNG.';

const OTHERS: readonly (readonly [name: string, signature: string, offset: number])[] = [
  ['JPEG 2000', '\0\0\0\x0cjP  ', 0],
  ['JPEG 2000', '\xff\x4f\xff\x51', 0],
  ['JPEG XL', '\0\0\0\x0cJXL ', 0],
  ['JPEG XL', '\xff\x0a', 0],
  ['a Photoshop file', '8BPS', 0],
  ['a camera raw file', 'FUJIFILM', 0],
  ['a camera raw file', 'IIRO', 0],
  ['a camera raw file', 'IIRS', 0],
  ['a camera raw file', 'IIU\0', 0],
  ['PDF', '%PDF', 0],
  ['PostScript', '%!PS', 0],
  ['an icon file', '\0\0\x01\0', 0],
  ['PCX', '\n\x05\x01', 0],
  [MACOS, '\0\x05\x16\x07', 0],
  [LFS, 'version https://git-lfs', 0],
  ['a zip file', 'PK\x03\x04', 0],
  [FILM, '\x1a\x45\xdf\xa3', 0],
  [FILM, 'AVI LIST', 8],
];
/** ISO media files by their brands (ISO/IEC 14496-12); HEIC is HEVC in such a file. */
const BRANDS: readonly (readonly [name: string, brands: RegExp])[] = [
  ['HEIC', /hei[cxms]|hev[cxms]|mif1|msf1/],
  ['a camera raw file', /crx /],
  [FILM, /./],
];

/** `undefined` if sharp decodes it; otherwise its name, or `''` if unknown. */
export function unreadFormat(bytes: Uint8Array): string | undefined {
  const start = latin1Text(bytes.subarray(0, 256));
  if (BY_SHARP.some(([signature, offset]) => start.startsWith(signature, offset))) return undefined;
  if (start.startsWith('ftyp', 4)) {
    const brands = start.slice(8, Math.min(64, (bytes[2] << 8) | bytes[3]));
    return /avi[fs]/.test(brands) ? undefined : BRANDS.find(([, brand]) => brand.test(brands))?.[0];
  }
  const found = OTHERS.find(([, signature, offset]) => start.startsWith(signature, offset));
  if (found) return found[0];
  if (/^[\s\S]{0,3}\s*<(svg|\?xml[^>]*\?>[^]*<svg)/i.test(start)) return 'SVG';
  return /^[\s\S]{0,3}\s*<(!doctype|html|\?xml)/i.test(start) ? WEB_PAGE : '';
}
