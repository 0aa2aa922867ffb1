/** Event files byte by byte against published sums and a reader written from the format, and read by TensorBoard itself where Python has it. */
import type { Events, EventType, PluginContext, RunEvent } from '@facewright/core';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tensorBoard } from './plugin.js';
import { crc32c, encodeEvent, encodeRecord, maskedCrc32c } from './records.js';

let root: string;
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'facewright-tensorboard-')); });
afterAll(async () => rm(root, { recursive: true }));

test('CRC-32C of RFC 3720\'s examples', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

/** Bit by bit, without a table. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (((crc ^ (byte >> bit)) & 1) * 0x82f63b78);
  return ~crc >>> 0;
}

test('a record is what the format says, for any data', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
    const record = Buffer.from(encodeRecord(data));
    expect(record.length).toBe(data.length + 16);
    expect(record.readBigUInt64LE(0)).toBe(BigInt(data.length));
    const unmask = (masked: number): number => { const crc = (masked - 0xa282ead8) >>> 0; return ((crc >>> 17) | (crc << 15)) >>> 0; };
    expect(unmask(record.readUInt32LE(8))).toBe(slowCrc(record.subarray(0, 8)));
    expect(unmask(record.readUInt32LE(12 + data.length))).toBe(slowCrc(data));
    expect(maskedCrc32c(data)).toBe(record.readUInt32LE(12 + data.length));
  }));
});

test('an event in protocol-buffer bytes', () => {
  expect(Buffer.from(encodeEvent(1, 300, { fileVersion: 'x' })).toString('hex')).toBe('09000000000000f03f' + '10ac02' + '1a0178');
  expect(Buffer.from(encodeEvent(0, 2 ** 40, { scalars: { a: 1 } })).toString('hex')).toBe('090000000000000000' + '10808080808020' + '2a0a' + '0a08' + '0a0161' + '150000803f');
});

const at = 1_700_000_000_000;
const event = <T extends EventType>(type: T, rest: Events[T]): RunEvent => ({ type, at, ...rest }) as unknown as RunEvent;
const step = (number: number, loss: number): RunEvent => event('train.step', { stage: 0, step: number, epoch: 0, loss, accuracy: 0.5, rate: 0.1, imagesPerSecond: 100, gradientNorm: 2 });
const started = (resumedAt?: number): RunEvent => event('train.started', { identities: 2, images: 10, validation: 1, parameters: 5, resumedAt });

async function log(directory: string, events: readonly RunEvent[]): Promise<void> {
  const logger = (await tensorBoard().create({} as PluginContext)).open(directory);
  for (const each of events) logger.reader(each);
  await logger.close();
  logger.reader(step(99, 99)); // ignored
}

test('each start is a file of its own, whose records are whole', async () => {
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

/** PYTHON names an interpreter with the package tensorboard. */
const python = [process.env.PYTHON ?? 'python3'].find((path) => {
  try {
    execFileSync(path, ['-c', 'import tensorboard.backend.event_processing.event_accumulator'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

test.skipIf(!python)('TensorBoard reads it, drops what a resumed run and a setback take back, and finds no damage (needs the PyPI package tensorboard)', async () => {
  const directory = join(root, 'read');
  const verification = { pairs: 10, same: 5, different: 5, accuracy: 0.9, std: 0.01, foldAccuracies: [0.9], threshold: 0.3, eer: 0.1, auc: 0.95, operatingPoints: [], tarAtFar: { '1e-1': 0.8, '1e-6': null }, roc: [], folds: 10, skipped: 0 };
  await log(directory, [started(), step(1, 5), step(2, 4), step(3, 3), event('train.validation', { stage: 0, step: 3, loss: 3.5, accuracy: 0.25, images: 4 })]);
  await log(directory, [
    started(2), step(3, 2.5), step(4, 2),
    event('train.setback', { stage: 0, step: 5, backTo: 3, rateFactor: 0.5, tensor: 'x', images: [] }), step(4, 1.75), step(5, 1.5),
    event('evaluate.finished', { verification }),
  ]);
  const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
accumulator.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}))`;
  const read = JSON.parse(execFileSync(python!, ['-c', script, join(directory, 'tensorboard')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as Record<string, [number, number][]>;
  expect(read['train/loss']).toEqual([[1, 5], [2, 4], [3, 2.5], [4, 1.75], [5, 1.5]]);
  expect(read['train/gradient_norm']).toHaveLength(5);
  expect(read['validation/accuracy']).toEqual([]);
  expect(read['verification/accuracy'][0][0]).toBe(5);
  expect(read['verification/accuracy'][0][1]).toBeCloseTo(0.9, 6);
  expect(Object.keys(read)).toContain('verification/tar_at_far_1e-1');
  expect(Object.keys(read)).not.toContain('verification/tar_at_far_1e-6');
});
