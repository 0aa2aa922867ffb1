/** Files straight out of a zip file, by name, each checked against its checksum. */
import { FacewrightError, messageOf } from '@facewright/core';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';

export interface OpenZip {
  /** Paths with `/`, folders left out, in the order of the zip file's directory. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** The file unpacked. Rejects with a `FacewrightError` where there is none or it is damaged. */
  bytes(name: string): Promise<Uint8Array>;
  close(): void;
}

/** No image is nearly as large once unpacked. */
const MAX_BYTES = 256 * 2 ** 20;

/** Throws a `FacewrightError` for what is no whole zip file. */
export async function openZip(path: string): Promise<OpenZip> {
  const { zip, entries } = await readDirectory(path).catch((error: unknown) => {
    throw new FacewrightError({
      what: `This is neither a folder nor a zip file that can be read: ${messageOf(error)}.`,
      where: path,
      todo: 'Name a folder of images, or a whole zip file of them.',
      cause: error,
    });
  });
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    bytes: async (name) => {
      const entry = entries.get(name);
      const where = `${path}, ${name}`;
      if (!entry) throw new FacewrightError({ what: 'There is no such image.', where });
      if (entry.uncompressedSize > MAX_BYTES)
        throw new FacewrightError({ what: `The file would unpack to ${entry.uncompressedSize} bytes.`, where });
      const unpacked = await zip
        .openReadStreamPromise(entry)
        .then(buffer)
        .catch((error: unknown) => {
          throw new FacewrightError({ what: `The file cannot be unpacked: ${messageOf(error)}.`, where, cause: error });
        });
      if (crc32(unpacked) !== entry.crc32)
        throw new FacewrightError({
          what: 'The file is damaged: its checksum does not match.',
          where,
          todo: 'Fetch the zip file again.',
        });
      return unpacked;
    },
    close: () => zip.close(),
  };
}

async function readDirectory(path: string): Promise<{ zip: ZipFile; entries: Map<string, Entry> }> {
  const zip = await openPromise(path, { autoClose: false });
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
    }
  } catch (error) {
    zip.close();
    throw error;
  }
  return { zip, entries };
}

/** `lfw/` where every file lies below `lfw/`, else nothing. */
export function commonFolder(names: readonly string[]): string {
  const first = names[0]?.split('/') ?? [];
  const folder = first.length > 1 ? `${first[0]}/` : '';
  return names.every((name) => name.startsWith(folder)) ? folder : '';
}
