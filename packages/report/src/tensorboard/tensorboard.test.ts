/** Event files byte by byte against published checksums and a reader written from the specification. */
import fc from 'fast-check';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testLogger } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { event, log, started, step } from '../../test/tensorboard-events.js';
import { tensorBoard } from './plugin.js';
import { crc32c, encodeEvent, encodeRecord, maskedCrc32c } from './records.js';

testLogger(tensorBoard());

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'facewright-tensorboard-'));
});
afterAll(async () => rm(root, { recursive: true }));

test('CRC-32C of the examples in RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

/** Bit by bit, without a table. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (((crc ^ (byte >> bit)) & 1) * 0x82f63b78);
  return ~crc >>> 0;
}

test('a record follows the format, for any data', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
      const record = Buffer.from(encodeRecord(data));
      expect(record.length).toBe(data.length + 16);
      expect(record.readBigUInt64LE(0)).toBe(BigInt(data.length));
      const unmask = (masked: number): number => {
        const crc = (masked - 0xa282ead8) >>> 0;
        return ((crc >>> 17) | (crc << 15)) >>> 0;
      };
      expect(unmask(record.readUInt32LE(8))).toBe(slowCrc(record.subarray(0, 8)));
      expect(unmask(record.readUInt32LE(12 + data.length))).toBe(slowCrc(data));
      expect(maskedCrc32c(data)).toBe(record.readUInt32LE(12 + data.length));
    }),
  );
});

test('an event in protocol-buffer bytes', () => {
  expect(Buffer.from(encodeEvent(1, 300, { fileVersion: 'x' })).toString('hex')).toBe(
    '09000000000000f03f' + '10ac02' + '1a0178',
  );
  expect(Buffer.from(encodeEvent(0, 2 ** 40, { scalars: { a: 1 } })).toString('hex')).toBe(
    '090000000000000000' + '10808080808020' + '2a0a' + '0a08' + '0a0161' + '150000803f',
  );
});

test('starts within one millisecond write files of their own', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
  const directory = join(root, 'at once');
  try {
    for (let i = 0; i < 3; i++) await log(directory, [started()]);
  } finally {
    vi.restoreAllMocks();
  }
  const times = (await readdir(join(directory, 'tensorboard'))).map(
    (name) => /tfevents\.(.*)\.facewright/.exec(name)![1],
  );
  expect(times.sort()).toEqual(['1700000000.000', '1700000000.001', '1700000000.002']);
});

test('each start writes its own file, with whole records', async () => {
  const directory = join(root, 'files');
  await log(directory, [started(), step(1, 3), event('progress', { task: 'train', done: 1, unit: 'images' })]);
  await log(directory, [started(1), step(2, 2)]);
  const names = (await readdir(join(directory, 'tensorboard'))).sort();
  expect(names).toHaveLength(2);
  const bytes = await readFile(join(directory, 'tensorboard', names[0]));
  const records: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(offset));
    records.push(bytes.subarray(offset + 12, offset + 12 + length));
    offset += length + 16;
  }
  expect(records).toHaveLength(3);
  expect(records[0].includes('brain.Event:2')).toBe(true);
  expect(records[2].includes('train/loss')).toBe(true);
});
