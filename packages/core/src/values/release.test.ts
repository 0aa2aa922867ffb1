import { expect, test, vi } from 'vitest';
import { lendArray, releaseArray } from './release.js';

// first in this file: nothing may depend on what an earlier call has left behind
test('memory is freed at once, also in a thread whose event loop never turns', () => {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 400; i++) releaseArray(new Uint8Array(1 << 20).fill(1));
  expect(process.memoryUsage.rss() - before).toBeLessThan(150e6);
});

test('a released array is empty and its memory is freed', async () => {
  const held = (): number => process.memoryUsage().arrayBuffers;
  const before = held();
  const kept: Float32Array[] = []; // so that they are not garbage collected
  for (let i = 0; i < 3; i++) {
    const array = new Float32Array(5_000_000).fill(1);
    const part = array.subarray(10, 20);
    kept.push(array, part);
    releaseArray(part);
    expect(array.length).toBe(5_000_000); // the rest may belong to someone else
    releaseArray(array);
    expect([array.length, part.length]).toEqual([0, 0]);
    releaseArray(array); // a second call does nothing
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(held() - before).toBeLessThan(1e6);
  expect(kept).toHaveLength(6);
});

test('memory shared with other threads is not released', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
  releaseArray(shared);
  expect([...shared]).toEqual([7, 7, 7, 7, 7, 7, 7, 7]);
});

test('lent memory goes back to its owner once, and only as a whole', () => {
  const back = vi.fn();
  const shared = new SharedArrayBuffer(16);
  const array = new Uint8Array(shared, 4, 8).fill(7);
  releaseArray(array);
  lendArray(array, back);
  releaseArray(new Uint8Array(shared));
  releaseArray(array.subarray(1));
  releaseArray(array.subarray(0, 7));
  expect(back).not.toHaveBeenCalled();
  releaseArray(new Uint8Array(shared, 4, 8));
  releaseArray(array);
  expect(back).toHaveBeenCalledTimes(1);
  expect([...array]).toEqual(Array.from({ length: 8 }, () => 7));
  lendArray(array, back);
  releaseArray(array);
  expect(back).toHaveBeenCalledTimes(2);
});
