/** Memory of every reader grows by some tens of bytes a photo, not by an object each. Slow because the sets are large. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/files.js';
import { tarEntry } from '../dataset/tar-entry.js';
import { encodeRecord } from '../recordio/framing.js';
import { encodeImageRecord } from '../recordio/image-record.js';

const root = temporaryFolder();
const MANY = 200_000;
/** A photo is one byte: no reader opens it. */
const PHOTO = Buffer.from('x');
const PHOTOS_OF_PERSON = 100;
/** For a photo. An object with a name takes 200 and more. */
const MOST_BYTES = 130;
const pathOf = (photo: number): string => `m.0${Math.floor(photo / PHOTOS_OF_PERSON)}/photo-${photo}.jpg`;

/** Writes `count` pieces, many at once. */
async function writePieces(
  path: string,
  count: number,
  piece: (index: number) => string | Uint8Array | Promise<Uint8Array>,
): Promise<void> {
  const file = openSync(path, 'w');
  let waiting: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    waiting.push(Buffer.from((await piece(index)) as string));
    if (waiting.length === 4096 || index === count - 1) {
      writeSync(file, Buffer.concat(waiting));
      waiting = [];
    }
  }
  closeSync(file);
}

async function writeZip(path: string, count: number): Promise<void> {
  const [local, central] = [30, 46];
  const checksum = crc32(PHOTO);
  const header = (signature: number, size: number, at: number, name: Buffer): Buffer => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(signature);
    bytes.writeUInt32LE(checksum, at);
    bytes.writeUInt32LE(PHOTO.length, at + 4);
    bytes.writeUInt32LE(PHOTO.length, at + 8);
    bytes.writeUInt16LE(name.length, at + 12);
    return bytes;
  };
  const offsets = new Uint32Array(count);
  let size = 0;
  await writePieces(path, count, (index) => {
    const name = Buffer.from(pathOf(index));
    offsets[index] = size;
    size += local + name.length + PHOTO.length;
    return Buffer.concat([header(0x04034b50, local, 14, name), name, PHOTO]);
  });
  let directory = 0;
  await writePieces(`${path}.directory`, count, (index) => {
    const name = Buffer.from(pathOf(index));
    const bytes = header(0x02014b50, central, 16, name);
    bytes.writeUInt32LE(offsets[index], 42);
    directory += central + name.length;
    return Buffer.concat([bytes, name]);
  });
  // more files than 16 bits can count need the end of a zip64
  const end = Buffer.alloc(56 + 20 + 22, 0);
  end.writeUInt32LE(0x06064b50);
  end.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(count), at);
  end.writeBigUInt64LE(BigInt(directory), 40);
  end.writeBigUInt64LE(BigInt(size), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(size + directory), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  end.fill(0xff, 76 + 8, 76 + 20);
  execFileSync('sh', ['-c', 'cat "$1.directory" >> "$1"', 'sh', path]);
  appendFileSync(path, end);
}

async function writeRecords(folder: string, count: number): Promise<void> {
  mkdirSync(folder);
  const offsets = new Float64Array(count + 1);
  await writePieces(join(folder, 'train.rec'), count, (index) => {
    const labels = Math.floor(index / PHOTOS_OF_PERSON);
    const record = encodeRecord(encodeImageRecord({ labels, id: index + 1, image: PHOTO }));
    offsets[index + 1] = offsets[index] + record.length;
    return record;
  });
  await writePieces(join(folder, 'train.idx'), count, (index) => `${index}\t${offsets[index]}\n`);
  await writePieces(
    join(folder, 'train.lst'),
    count,
    (index) => `1\t${pathOf(index)}\t${Math.floor(index / PHOTOS_OF_PERSON)}\n`,
  );
}

function writeFolder(path: string, people: number, photos: number): void {
  for (let person = 0; person < people; person++) {
    const folder = people === 1 ? path : join(path, `person ${person}`);
    mkdirSync(folder, { recursive: true });
    for (let photo = 0; photo < photos; photo++) writeFileSync(join(folder, `photo-${photo}.jpg`), '');
  }
}

/** `fixed`: what code and buffers take, whatever the size of the set. */
const SETS: Record<string, { photos: number; fixed: number; write: (path: string) => Promise<object> }> = {
  trillionPairs: {
    photos: MANY,
    fixed: 16 << 20,
    write: async (path) => {
      const points = '10 20 30 20 20 30 12 40 28 40';
      await writePieces(path, MANY, (index) => `${pathOf(index)} ${Math.floor(index / PHOTOS_OF_PERSON)} ${points}\n`);
      return { path };
    },
  },
  zip: { photos: MANY, fixed: 16 << 20, write: async (path) => (await writeZip(path, MANY), { path }) },
  webdataset: {
    photos: 60_000,
    fixed: 2 << 20,
    write: async (path) => {
      await writePieces(`${path}.tar`, 60_000, (index) => tarEntry(pathOf(index), PHOTO));
      return { path: `${path}.tar` };
    },
  },
  insightFaceRec: { photos: MANY, fixed: 16 << 20, write: async (path) => (await writeRecords(path, MANY), { path }) },
  folder: { photos: 20_000, fixed: 1 << 20, write: async (path) => (writeFolder(path, 200, 100), { path }) },
  flatFolder: { photos: 20_000, fixed: 1 << 20, write: async (path) => (writeFolder(path, 1, 20_000), { path }) },
};

test.each(Object.entries(SETS))('%s', async (name, { photos, fixed, write }) => {
  const options = await write(join(root, name));
  const script = fileURLToPath(new URL('../../test/reader-memory.mjs', import.meta.url));
  const args = ['--expose-gc', script, name, JSON.stringify(options)];
  const found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
    photos: number;
    bytes: number;
  };
  expect(found.photos).toBe(photos);
  expect((found.bytes - fixed) / photos, `${found.bytes} bytes`).toBeLessThan(MOST_BYTES);
});
