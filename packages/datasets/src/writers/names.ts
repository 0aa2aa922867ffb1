/** Names of images in files that are written for other programs. */

/** No way out of the folder into which someone unpacks the file, and no line or column of a list broken. */
export const safeName = (name: string): string => name.replace(/[/\\\u0000-\u001f\u007f]/g, '_').replace(/^\.+/, (dots) => '_'.repeat(dots.length)) || '_';

/** The last part of a path without its ending. */
export const stemOf = (path: string): string => path.split('/').at(-1)!.replace(/\.[^.]*$/, '');

const SIGNATURES: readonly (readonly [ending: string, offset: number, start: string])[] = [
  ['jpg', 0, '\xff\xd8\xff'], ['png', 0, '\x89PNG\r\n\x1a\n'], ['gif', 0, 'GIF8'], ['bmp', 0, 'BM'], ['webp', 8, 'WEBP'], ['tif', 0, 'II*\0'], ['tif', 0, 'MM\0*'], ['avif', 4, 'ftypavif'], ['heic', 4, 'ftyphei'],
];

/** The ending that fits an encoded image by its first bytes; `jpg` for what is none of these. */
export function imageEnding(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return SIGNATURES.find(([, offset, signature]) => start.startsWith(signature, offset))?.[0] ?? 'jpg';
}

/** Names as given, the second of the same name with `-2` before its ending, and so on. */
export function uniqueNames(): (folder: string, stem: string, ending: string) => string {
  const taken = new Map<string, number>();
  return (folder, stem, ending) => {
    // a file system may hold “A.jpg” and “a.jpg” for the same
    const key = `${folder}/${stem}`.toLowerCase();
    let number = (taken.get(key) ?? 0) + 1;
    while (number > 1 && taken.has(`${key}-${number}`)) number++;
    taken.set(key, number);
    if (number > 1) taken.set(`${key}-${number}`, 1);
    return `${folder}/${number === 1 ? stem : `${stem}-${number}`}.${ending}`;
  };
}
