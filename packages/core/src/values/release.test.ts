import { expect, test } from 'vitest';
import { releaseArray } from './release.js';

test('a released array is empty, its memory free', async () => {
  const held = (): number => process.memoryUsage().arrayBuffers;
  const before = held();
  const kept: Float32Array[] = []; // so that no garbage collection frees them
  for (let i = 0; i < 3; i++) {
    const array = new Float32Array(5_000_000).fill(1);
    const part = array.subarray(10, 20);
    kept.push(array, part);
    releaseArray(part);
    expect(array.length).toBe(5_000_000); // the rest may be somebody else's
    releaseArray(array);
    expect([array.length, part.length]).toEqual([0, 0]);
    releaseArray(array); // again: nothing to do
    await new Promise((resolve) => setTimeout(resolve, 5)); // the first time a channel is opened and closed
  }
  expect(held() - before).toBeLessThan(1e6);
  expect(kept).toHaveLength(6);
});
