/** Zip files with false metadata: each is one clear error, and none exhausts memory. */
import { FacewrightError } from '@facewright/core';
import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bytesSource, openZip } from './zip-file.js';

interface Lies {
  readonly compressedSize?: number;
  readonly uncompressedSize?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly offset?: number;
}

/** A zip file of these entries, with `lies` overriding its directory. */
const known = new Map<Uint8Array, { readonly packed: Buffer; readonly crc: number }>();
/** Packed once, because some tests have the same large content in many files. */
function packedOf(bytes: Uint8Array) {
  const packed = known.get(bytes) ?? { packed: deflateRawSync(bytes), crc: crc32(bytes) };
  known.set(bytes, packed);
  return packed;
}

function zipOf(entries: readonly { name: string; bytes: Uint8Array; lies?: Lies }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, lies = {} } of entries) {
    const { packed, crc } = packedOf(bytes);
    const header = (signature: number, size: number, from: number): Buffer => {
      const block = Buffer.alloc(size);
      block.writeUInt32LE(signature);
      block.writeUInt16LE(lies.flags ?? 0, from);
      block.writeUInt16LE(lies.method ?? 8, from + 2);
      block.writeUInt32LE(crc, from + 8);
      block.writeUInt32LE(lies.compressedSize ?? packed.length, from + 12);
      block.writeUInt32LE(lies.uncompressedSize ?? bytes.length, from + 16);
      block.writeUInt16LE(Buffer.byteLength(name), from + 20);
      return block;
    };
    const central = header(0x02014b50, 46, 8);
    central.writeUInt32LE(lies.offset ?? at, 42);
    directory.push(central, Buffer.from(name));
    const local = [header(0x04034b50, 30, 6), Buffer.from(name), packed];
    parts.push(...local);
    at += local.reduce((sum, { length }) => sum + length, 0);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
const open = (...entries: Parameters<typeof zipOf>[0]) => openZip(bytesSource(zipOf(entries), 'x.zip'));
const text = Buffer.from('a photo, or so it says');

test('intact files are read, compressed or not, whatever else the archive contains', async () => {
  const zip = await open(
    { name: 'a/1.jpg', bytes: text },
    { name: 'a/2.jpg', bytes: Buffer.alloc(0) },
    { name: 'a/bad.jpg', bytes: text, lies: { compressedSize: 5 } },
  );
  expect(zip.names()).toEqual(['a/1.jpg', 'a/2.jpg', 'a/bad.jpg']);
  expect(Buffer.from(await zip.bytes('a/1.jpg'))).toEqual(text);
  expect(await zip.bytes('a/2.jpg')).toHaveLength(0);
  await expect(zip.bytes('a/bad.jpg')).rejects.toThrow(/damaged or cannot be unpacked/);
  await expect(zip.bytes('a/1.jpg', { maxBytes: 10 })).rejects.toThrow(/limit of 10 bytes/);
  await expect(zip.bytes('none')).rejects.toThrow(/does not contain this file/);
});

test.each<[string, Lies]>([
  ['a compressed size that is too small', { compressedSize: 1 }],
  ['a compressed size of zero', { compressedSize: 0 }],
  ['a compressed size beyond the end of the file', { compressedSize: 4000 }],
  ['an uncompressed size that is too small', { uncompressedSize: 3 }],
  ['an uncompressed size that is too large', { uncompressedSize: 300 }],
  ['a wrong compression method', { method: 12 }],
  ['marked as stored, but compressed', { method: 0 }],
  ['encryption', { flags: 1 }],
  ['an offset to nothing', { offset: 7 }],
])('%s is one of our errors', async (_, lies) => {
  const bytes = async (): Promise<unknown> => (await open({ name: 'a.jpg', bytes: text, lies })).bytes('a.jpg');
  await expect(bytes()).rejects.toBeInstanceOf(FacewrightError);
});

test('bombs are rejected: a file of zeros, many of them, overlapping files', async () => {
  const zeros = Buffer.alloc(8 << 20);
  const one = await open({ name: 'zeros.jpg', bytes: zeros });
  await expect(one.bytes('zeros.jpg')).rejects.toThrow(/more than 200 times as many/);
  const many = Array.from({ length: 40 }, (_, i) => ({ name: `${i}.jpg`, bytes: zeros }));
  await expect(open(...many)).rejects.toThrow(/would unpack to 335544320/);
  const noise = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * i) % 251));
  const overlapping = Array.from({ length: 3 }, (_, i) => ({ name: `${i}.jpg`, bytes: noise, lies: { offset: 0 } }));
  const file = zipOf(
    overlapping.slice(0, 1).concat(
      overlapping.slice(1).map((e) => ({
        ...e,
        bytes: Buffer.alloc(0),
        lies: { offset: 0, compressedSize: deflateRawSync(noise).length, uncompressedSize: 1000 },
      })),
    ),
  );
  await expect(openZip(bytesSource(file, 'x.zip'))).rejects.toThrow(/overlap/);
});
