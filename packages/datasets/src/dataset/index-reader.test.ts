import { FacewrightError, landmarkPoints } from '@facewright/core';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { IndexRecord } from './index-format.js';
import { readIndex, type DatasetIndex } from './index-reader.js';
import { IndexWriter } from './index-writer.js';

const LIMITS = { identities: ['a', 'b', 'c', 'd', 'e'], shards: [1000, 2 ** 32 - 1] };
// no denormals: where onnxruntime has been in the process, arithmetic takes them for zero
const coordinate = fc.float({ min: -1000, max: 5000, noNaN: true }).filter((v) => v === 0 || Math.abs(v) > 1e-30);
const point = fc.tuple(coordinate, coordinate);
const landmarks = fc.record({ leftEye: point, rightEye: point, nose: point, mouthLeft: point, mouthRight: point });
const record: fc.Arbitrary<IndexRecord> = fc.record(
  {
    shard: fc.constantFrom(0, 1),
    offset: fc.nat(500),
    size: fc.nat(500),
    crc: fc.nat(2 ** 32 - 1),
    label: fc.nat(4),
    source: fc.string({ unit: 'grapheme' }),
    kind: fc.constantFrom('original', 'opening', '噪'),
    landmarks,
  },
  { requiredKeys: ['shard', 'offset', 'size', 'crc', 'label', 'source', 'kind'] },
);
const records = fc.array(record, { maxLength: 8 });
const seal = (content: Buffer): Buffer => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(content));
  return Buffer.concat([content, checksum]);
};
async function encodeIndex(list: readonly IndexRecord[]): Promise<Buffer> {
  const path = join(root, 'index.bin');
  rmSync(path, { force: true });
  const index = await IndexWriter.create(root);
  for (const each of list) await index.add(each);
  const { size, sha256 } = await index.finish(path);
  const bytes = readFileSync(path);
  expect([size, sha256]).toEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')]);
  expect(readdirSync(root)).toEqual(['index.bin']);
  return bytes;
}
const open = (bytes: Buffer): Promise<DatasetIndex> => {
  const part = (offset: number, length: number): Buffer => Buffer.from(bytes.subarray(offset, offset + length));
  const source = { size: bytes.length, read: async (at: number, length: number) => part(at, length), readSync: part };
  return readIndex(source, LIMITS, 'index.bin');
};
const parse = async (bytes: Buffer): Promise<IndexRecord[]> => {
  const index = await open(bytes);
  return Array.from(index.labels, (label, number) => {
    const landmarks = index.landmarksOf(number);
    const [source, kind] = [index.sourceOf(number), index.kindOf(number)];
    return { ...index.placeOf(number), label, source, kind, ...(landmarks && { landmarks }) };
  });
};
const root = mkdtempSync(join(tmpdir(), 'facewright index '));
afterAll(() => rmSync(root, { recursive: true }));

describe('the index', () => {
  test('gives back what was put in', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        expect(
          (await parse(await encodeIndex(list))).map((r) => ({
            ...r,
            landmarks:
              r.landmarks &&
              landmarkPoints(r.landmarks)
                .flat()
                .map((v) => v + 0),
          })),
        ).toEqual(
          list.map((r) => ({
            ...r,
            landmarks:
              r.landmarks &&
              landmarkPoints(r.landmarks)
                .flat()
                .map((v) => v + 0),
          })),
        );
      }),
    );
  });

  test('holds more images and longer names than fit into one chunk', async () => {
    const list = Array.from({ length: 10_000 }, (_, index): IndexRecord => ({
      shard: 0,
      offset: index % 700,
      size: 300,
      crc: index,
      label: index % 5,
      source: `${Math.floor(index / 3)} ${'ä'.repeat(Math.floor(index / 3) % 97)}`,
      kind: ['original', 'opening', '噪'][index % 3],
    }));
    list.push({ ...list[0], source: 'x'.repeat(400_000) });
    expect(await parse(await encodeIndex(list))).toEqual(list);
    // three images of a photo share its name
    expect((await encodeIndex(list.slice(0, 3))).length).toBe(
      32 + 3 * 72 + 4 * 4 + Buffer.byteLength('0 originalopening噪') + 4,
    );
  });

  test('has the layout that its description states', async () => {
    const bytes = await encodeIndex([
      { shard: 1, offset: 512, size: 300, crc: 0xdeadbeef, label: 4, source: 'ä', kind: 'original' },
    ]);
    expect(bytes.length).toBe(32 + 72 + 2 * 4 + 2 + 8 + 4);
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('FWINDEX\0');
    expect([...new Uint32Array(bytes.buffer.slice(bytes.byteOffset + 8, bytes.byteOffset + 32))]).toEqual([
      1, 72, 1, 1, 1, 18,
    ]);
    expect([...new Uint32Array(bytes.buffer.slice(bytes.byteOffset + 32, bytes.byteOffset + 64))]).toEqual([
      1, 512, 300, 0xdeadbeef, 4, 0, 0, 0,
    ]);
    expect(bytes.subarray(104, 122)).toEqual(
      Buffer.concat([Buffer.from([2, 0, 0, 0, 8, 0, 0, 0]), Buffer.from('äoriginal')]),
    );
  });

  test('damaged anywhere is one clear error', async () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(records, damage, fc.option(fc.nat()), async (list, changes, cut) => {
        const whole = await encodeIndex(list);
        const bytes = Buffer.from(cut === null ? whole : whole.subarray(0, cut % whole.length));
        for (const [at, flip] of changes) if (bytes.length) bytes[at % bytes.length] ^= flip;
        fc.pre(!bytes.equals(whole));
        await expect(parse(bytes)).rejects.toThrow(FacewrightError);
      }),
      { numRuns: 60 },
    );
  });

  test('wrong inside a right checksum still is an error, or points at what is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (list, changes) => {
          const content = Buffer.from((await encodeIndex(list)).subarray(0, -4));
          for (const [at, value] of changes) content[at % content.length] = value;
          let found: IndexRecord[] = [];
          try {
            found = await parse(seal(content));
          } catch (error) {
            expect(error).toBeInstanceOf(FacewrightError);
          }
          for (const { shard, offset, size, label, source, kind } of found) {
            expect(offset + size).toBeLessThanOrEqual(LIMITS.shards[shard]);
            expect(label).toBeLessThan(5);
            expect([typeof source, typeof kind]).toEqual(['string', 'string']);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any other bytes are one clear error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (noise, magic) => {
        const bytes = magic
          ? Buffer.concat([Buffer.from('FWINDEX\0\u0001\0\0\0', 'latin1'), noise])
          : Buffer.from(noise);
        await expect(parse(bytes)).rejects.toThrow(FacewrightError);
      }),
    );
  });

  test('of another version says so', async () => {
    const content = Buffer.from((await encodeIndex([])).subarray(0, -4));
    content.writeUInt32LE(2, 8);
    await expect(parse(seal(content))).rejects.toThrow(/version 2; this facewright reads version 1/);
  });

  test('recognises a photo that occurs in several places, and tells photos from kinds', async () => {
    const list = ['a', 'b', 'a', 'original', 'a', '', ''].map((source, crc): IndexRecord => ({
      shard: 0,
      offset: 0,
      size: 1,
      crc,
      label: 0,
      source,
      kind: 'original',
    }));
    const { photos } = await open(await encodeIndex(list));
    expect([...photos].map((photo) => photos.indexOf(photo))).toEqual([0, 1, 0, 3, 0, 5, 5]);
  });

  test('references outside the shard or the people are rejected', async () => {
    const good: IndexRecord = { shard: 0, offset: 900, size: 100, crc: 0, label: 0, source: 'a', kind: 'original' };
    expect(await parse(await encodeIndex([good]))).toEqual([good]);
    for (const bad of [
      { ...good, size: 101 },
      { ...good, shard: 2 },
    ])
      await expect(parse(await encodeIndex([bad]))).rejects.toThrow(/record 0 lies outside its shard/);
    await expect(parse(await encodeIndex([good, { ...good, label: 5 }]))).rejects.toThrow(
      /record 1 refers to something/,
    );
  });
});
