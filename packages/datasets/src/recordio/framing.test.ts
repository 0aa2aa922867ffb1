import { FacewrightError } from '@facewright/core';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decoded, golden, IMAGES } from '../../test/formats.js';
import { temporaryFolder } from '../../test/files.js';
import { encodeRecord, RecordFile } from './framing.js';
import { readList } from './list-file.js';
import { parseIndex } from './side-files.js';

const root = temporaryFolder();
const MAGIC = Buffer.from('0a23d7ce', 'hex');
let files = 0;

async function readAll(
  bytes: Uint8Array,
  wanted?: number,
): Promise<{ payload: Buffer; length: number; offset: number }[]> {
  const path = join(root, `${files++ % 4}.rec`);
  writeFileSync(path, bytes);
  const file = await RecordFile.open(path);
  try {
    const all = [];
    for await (const record of file.records(wanted)) all.push(record);
    return all;
  } finally {
    await file.close();
  }
}

test('records match those written by dmlc byte for byte, with the magic removed from the payload', () => {
  const payloads = [Buffer.alloc(0), ...IMAGES, Buffer.concat([MAGIC, MAGIC, MAGIC])];
  expect(payloads.map((payload) => encodeRecord(payload).toString('base64'))).toEqual(golden.records);
});

test('and are read back, each from its position', async () => {
  const records = golden.records.map(decoded);
  const read = await readAll(Buffer.concat(records));
  expect(read.map(({ payload }) => payload.toString('hex'))).toEqual(
    [Buffer.alloc(0), ...IMAGES, Buffer.concat([MAGIC, MAGIC, MAGIC])].map((payload) => payload.toString('hex')),
  );
  expect(read.map(({ offset }) => offset)).toEqual(
    records.map((_, index) => Buffer.concat(records.slice(0, index)).length),
  );
});

/** Payloads in which the magic occurs often. */
const payload = fc
  .array(fc.oneof(fc.constant(MAGIC), fc.uint8Array({ maxLength: 9 })), { maxLength: 12 })
  .map((parts) => Buffer.concat(parts));

test('any payload is read back, completely and as a head', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(payload, { maxLength: 8 }), fc.integer({ min: 0, max: 40 }), async (payloads, wanted) => {
      const bytes = Buffer.concat(payloads.map(encodeRecord));
      expect((await readAll(bytes)).map((record) => record.payload)).toEqual(payloads);
      const heads = await readAll(bytes, wanted);
      expect(heads.map(({ length }) => length)).toEqual(payloads.map(({ length }) => length));
      heads.forEach((record, index) => {
        expect(record.payload.length).toBeGreaterThanOrEqual(Math.min(wanted, payloads[index].length));
        expect(record.payload).toEqual(payloads[index].subarray(0, record.payload.length));
      });
    }),
    { numRuns: 200 },
  );
});

test('a payload larger than one read', async () => {
  const large = Buffer.alloc(3_000_001, 'abcdefg');
  MAGIC.copy(large, 1_500_000);
  const read = await readAll(Buffer.concat([encodeRecord(large), encodeRecord(Buffer.from('next'))]));
  expect(read[0].payload.equals(large)).toBe(true);
  expect(read[1].payload.toString()).toBe('next');
});

describe('a damaged file', () => {
  test('is an error that names the byte', async () => {
    const bytes = Buffer.concat([encodeRecord(Buffer.from('first')), encodeRecord(Buffer.from('second'))]);
    await expect(readAll(bytes.subarray(0, -1))).rejects.toThrow(/damaged at byte 16.*beyond the end of the file/);
    await expect(readAll(Buffer.concat([bytes, Buffer.from('rest')]))).rejects.toThrow(
      /damaged at byte 32.*ends too early/,
    );
    bytes[16] ^= 1;
    await expect(readAll(bytes)).rejects.toThrow(/byte 16: no record starts here/);
    await expect(readAll(decoded(golden.records[4]).subarray(8))).rejects.toThrow(
      /a part of kind 3 is in the wrong place/,
    );
    await expect(RecordFile.open(join(root, 'none.rec'))).rejects.toThrow(/record file does not exist/);
  });

  test('of any kind gives one of our errors, or records', async () => {
    const whole = Buffer.concat(golden.records.map(decoded));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
        fc.nat(whole.length),
        async (edits, length) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of edits) bytes[at] = value;
          await readAll(bytes.subarray(0, length)).catch((error: unknown) =>
            expect(error).toBeInstanceOf(FacewrightError),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the accompanying files', () => {
  const linesOf = (text: string) => [{ lines: text.split(/\r?\n/), first: 1 }];
  const listOf = (text: string): ReturnType<typeof readList> => {
    writeFileSync(join(root, 'train.lst'), text);
    return readList(join(root, 'train.lst'));
  };
  test('are read', async () => {
    expect([...(await parseIndex(linesOf('0\t0\r\n7\t35\r\n'), 'x'))]).toEqual([
      [0, 0],
      [7, 35],
    ]);
    const list = (await listOf('1\tp/a b.jpg\t5\n\n1\t..\\q/c.jpg\t6.000\t1\t2\t3\t4\n'))!;
    expect([list.length, [0, 1, 2, 3].map(list.labelOf)]).toEqual([2, [undefined, 5, 6, undefined]]);
    expect([list.unique, list.folders]).toEqual([
      true,
      new Map([
        [5, 'p'],
        [6, 'q'],
      ]),
    ]);
    const lines = await list.open();
    expect(lines.pathsOf([2, 1])).toEqual(['q/c.jpg', 'p/a b.jpg']);
    await lines.close();
    expect(await listOf('0\t5.0\tmxnet/has/another/order.jpg\n')).toBeUndefined();
    for (const mixed of ['1\tp/a.jpg\t5\n1\tq/b.jpg\t5\n', '1\tp/a.jpg\t5\n1\tp/b.jpg\t6\n', '1\ta.jpg\t5\n'])
      expect((await listOf(mixed))!.folders).toBeUndefined();
    expect((await listOf('1\tp/a.jpg\t5\n1\tp/a.jpg\t5\n'))!.unique).toBe(false);
  });
  test('with any text give offsets or one of our errors, and lines or nothing', async () => {
    const text = fc
      .array(fc.constantFrom('0', '1', '\t', '\n', ' ', '-', 'a.jpg', '9'.repeat(20), '\r'), { maxLength: 20 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const list = await listOf(content);
        for (let line = 1; line <= (list?.length ?? 0); line++) expect(Number.isFinite(list!.labelOf(line))).toBe(true);
        try {
          for (const pair of await parseIndex(linesOf(content), 'x.idx'))
            expect(pair.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FacewrightError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
