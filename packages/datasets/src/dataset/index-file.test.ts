import { FacewrightError, landmarkPoints } from '@facewright/core';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { IndexBuilder, parseIndex, type IndexRecord } from './index-file.js';

const LIMITS = { identities: 5, shards: [1000, 2 ** 32 - 1] };
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
function encodeIndex(list: readonly IndexRecord[]): Buffer {
  const index = new IndexBuilder();
  for (const each of list) index.add(each);
  return index.encode();
}
const parse = (bytes: Buffer): IndexRecord[] => parseIndex(bytes, LIMITS, 'index.bin');

describe('the index', () => {
  test('gives back what was put in', () => {
    fc.assert(
      fc.property(records, (list) => {
        expect(
          parse(encodeIndex(list)).map((r) => ({
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

  test('holds more images and longer names than go into one piece', () => {
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
    expect(parse(encodeIndex(list))).toEqual(list);
    // three images of a photo share its name
    expect(encodeIndex(list.slice(0, 3)).length).toBe(
      32 + 3 * 72 + 4 * 4 + Buffer.byteLength('0 originalopening噪') + 4,
    );
  });

  test('has the layout that its description states', () => {
    const bytes = encodeIndex([
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

  test('damaged anywhere is one clear error', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(records, damage, fc.option(fc.nat()), (list, changes, cut) => {
        const whole = encodeIndex(list);
        const bytes = Buffer.from(cut === null ? whole : whole.subarray(0, cut % whole.length));
        for (const [at, flip] of changes) if (bytes.length) bytes[at % bytes.length] ^= flip;
        fc.pre(!bytes.equals(whole));
        expect(() => parse(bytes)).toThrow(FacewrightError);
      }),
      { numRuns: 500 },
    );
  });

  test('wrong inside a right checksum still is an error, or points at what is there', () => {
    fc.assert(
      fc.property(
        records,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (list, changes) => {
          const content = Buffer.from(encodeIndex(list).subarray(0, -4));
          for (const [at, value] of changes) content[at % content.length] = value;
          let found: IndexRecord[] = [];
          try {
            found = parse(seal(content));
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
      { numRuns: 500 },
    );
  });

  test('any other bytes are one clear error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, magic) => {
        const bytes = magic
          ? Buffer.concat([Buffer.from('FWINDEX\0\u0001\0\0\0', 'latin1'), noise])
          : Buffer.from(noise);
        expect(() => parse(bytes)).toThrow(FacewrightError);
      }),
    );
  });

  test('of another version says so', () => {
    const content = Buffer.from(encodeIndex([]).subarray(0, -4));
    content.writeUInt32LE(2, 8);
    expect(() => parse(seal(content))).toThrow(/version 2; this facewright reads version 1/);
  });

  test('that points outside its shard or its people is refused', () => {
    const good: IndexRecord = { shard: 0, offset: 900, size: 100, crc: 0, label: 0, source: 'a', kind: 'original' };
    expect(parse(encodeIndex([good]))).toEqual([good]);
    for (const bad of [
      { ...good, size: 101 },
      { ...good, shard: 2 },
    ])
      expect(() => parse(encodeIndex([bad]))).toThrow(/record 0 lies outside its shard/);
    expect(() => parse(encodeIndex([good, { ...good, label: 5 }]))).toThrow(/record 1 refers to something/);
  });
});
