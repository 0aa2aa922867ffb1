/** File names as stored on disk. On Linux they are bytes and may not be valid UTF-8; such names are shown with those bytes as %XX. */
import { Buffer } from 'node:buffer';
import { join } from 'node:path';

/** A path accepted by Node's functions: text, or bytes if it is not valid text. */
export type FilePath = string | Buffer;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name as text. If its bytes are not UTF-8, those that are not ASCII and every % appear as %XX. */
export function nameText(name: Uint8Array): string {
  try {
    return utf8.decode(name);
  } catch {
    return Array.from(name, (byte) =>
      byte >= 0x80 || byte === 0x25
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    ).join('');
  }
}

/** The path of an entry of a folder; `name` is in bytes, as the system returns it. */
export function pathBelow(folder: FilePath, name: Uint8Array): FilePath {
  if (typeof folder === 'string') {
    const text = nameText(name);
    if (Buffer.from(text).equals(name)) return join(folder, text);
  }
  return Buffer.concat([Buffer.from(folder as string), Buffer.from('/'), name]);
}

/**
 * The byte path that `nameText` may have turned into this one, if a part of it has %XX: for a file that does not exist
 * under the text.
 */
export function bytesOfText(path: string): Buffer | undefined {
  const parts = path.split('/').map((part) => {
    const text = part.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    return text === part || !/^[\x20-\x7e]*$/.test(part) ? Buffer.from(part) : Buffer.from(text, 'latin1');
  });
  const bytes = Buffer.concat(parts.flatMap((part, index) => (index > 0 ? [Buffer.from('/'), part] : [part])));
  return bytes.equals(Buffer.from(path)) ? undefined : bytes;
}

/** A path for display. */
export const pathText = (path: FilePath): string => (typeof path === 'string' ? path : nameText(path));
