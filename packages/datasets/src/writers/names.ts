/** Image names in files written for other programs. */

/** Cannot lead out of the folder where the file is unpacked, and cannot break a line or column of a list. */
export const safeName = (name: string): string =>
  name.replace(/[/\\\u0000-\u001f\u007f]/g, '_').replace(/^\.+/, (dots) => '_'.repeat(dots.length)) || '_';

/** The last part of a path without its extension. */
export const stemOf = (path: string): string =>
  path
    .split('/')
    .at(-1)!
    .replace(/\.[^.]*$/, '');

const SIGNATURES: readonly (readonly [ending: string, offset: number, start: string])[] = [
  ['jpg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF8'],
  ['bmp', 0, 'BM'],
  ['webp', 8, 'WEBP'],
  ['tif', 0, 'II*\0'],
  ['tif', 0, 'MM\0*'],
  ['avif', 4, 'ftypavif'],
  ['heic', 4, 'ftyphei'],
];

/** The extension for an encoded image, from its first bytes; `jpg` if unknown. */
export function imageEnding(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return SIGNATURES.find(([, offset, signature]) => start.startsWith(signature, offset))?.[0] ?? 'jpg';
}

/** What determines an image's name. */
export interface Named {
  readonly identity: string;
  readonly source: string;
  /** `original`, or the augmenter's name. */
  readonly kind: string;
}

/** Paths `person/photo.jpg` or `person/photo.kind.jpg`, all different even if case is ignored. */
export function imagePaths(): (image: Named, ending: string) => string {
  const folders = new Map<string, string>();
  const taken = new Set<string>();
  return ({ identity, source, kind }, ending) => {
    const folder = folders.get(identity) ?? distinct(safeName(identity), taken);
    folders.set(identity, folder);
    return `${distinct(`${folder}/${safeName(stemOf(source))}${kind === 'original' ? '' : `.${safeName(kind)}`}`, taken)}.${ending}`;
  };
}

/** The name, with `-2`, `-3` … appended if it is taken. */
function distinct(name: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (taken.has(candidate.toLowerCase())) continue;
    taken.add(candidate.toLowerCase());
    return candidate;
  }
}
