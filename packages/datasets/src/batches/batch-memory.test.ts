/** Memory of batches: used again once it was released, and never before. */
import { releaseArray } from '@facewright/core';
import { expect, test } from 'vitest';
import { BatchMemory } from './batch-memory.js';

test('released memory is used again for a batch of the same size', () => {
  const memory = new BatchMemory();
  const first = memory.take(336);
  memory.lend(first);
  const second = memory.take(336); // the first is still in use
  expect(second.buffer).not.toBe(first.buffer);
  memory.lend(second);
  releaseArray(first);
  expect(memory.take(337).buffer).not.toBe(first.buffer);
  const third = memory.take(336);
  expect([third.buffer, third.byteOffset, third.length]).toEqual([first.buffer, first.byteOffset, 336]);
  memory.lend(third);
  releaseArray(second);
  releaseArray(second); // a second time does not bring it back twice
  expect(memory.take(336).buffer).toBe(second.buffer);
  expect(memory.take(336).buffer).not.toBe(second.buffer);
});

test('what was not lent does not come back: a thread may still write there', () => {
  const memory = new BatchMemory();
  const taken = memory.take(100);
  releaseArray(taken);
  expect(memory.take(100).buffer).not.toBe(taken.buffer);
});

test('only a few batches are kept, the last ones', () => {
  const memory = new BatchMemory();
  const all = Array.from({ length: 9 }, () => memory.take(50));
  all.forEach((array) => memory.lend(array));
  all.forEach((array) => releaseArray(array));
  const again = Array.from({ length: 9 }, () => memory.take(50).buffer);
  expect(again.filter((buffer) => all.some((array) => array.buffer === buffer))).toHaveLength(4);
  expect(again).toContain(all[8].buffer);
});

test('no row of pixels of the usual widths starts at a multiple of 32 bytes, where decoding is slow', () => {
  for (const width of [8, 40, 96, 112, 160])
    for (let row = 0; row < 64; row++)
      expect((new BatchMemory().take(100).byteOffset + row * width * 3) % 32).not.toBe(0);
});
