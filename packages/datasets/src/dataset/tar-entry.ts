/** Encodes one file of a tar archive. Plain names are handled here; long or non-ASCII names by tar-stream, which is a thousand times slower. */
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

/** Two zero blocks end a tar file. */
export const END_BYTES = 1024;
const BLOCK = 512;
const EPOCH = new Date(0); // fixed, so that the same images give the same bytes
const MODE = 0o644;

/** The POSIX header fields that are the same for every file. */
const HEADER = Buffer.alloc(BLOCK);
for (const [text, at] of [
  [octal(MODE, 6), 100],
  [octal(0, 6), 108],
  [octal(0, 6), 116],
  [octal(0, 11), 136],
  ['0', 156],
  ['ustar\x0000', 257],
  [octal(0, 6), 329],
  [octal(0, 6), 337],
] as const)
  HEADER.write(text, at, 'latin1');

/** One file's header (several blocks for a long name) and content, padded to whole blocks. */
export async function tarEntry(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) return streamedEntry(name, bytes);
  const entry = Buffer.alloc(BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK);
  HEADER.copy(entry);
  entry.write(name, 'latin1');
  entry.write(octal(bytes.length, 11), 124, 'latin1');
  let sum = 8 * 32; // the checksum field itself counts as spaces
  for (let i = 0; i < BLOCK; i++) sum += entry[i];
  entry.write(octal(sum, 6), 148, 'latin1');
  entry.set(bytes, BLOCK);
  return entry;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')} `;
}

/** The same for any name. */
export async function streamedEntry(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const tar = pack();
  tar.entry(
    { name, size: bytes.length, mode: MODE, mtime: EPOCH },
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  tar.finalize();
  const whole = await buffer(tar);
  return whole.subarray(0, whole.length - END_BYTES);
}
