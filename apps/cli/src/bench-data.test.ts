import { expect, test } from 'vitest';
import { benchData } from './bench-data.js';

test('reads whole batches of images that exist, counts those in the time alone, and closes the reader', async () => {
  let [reads, closed] = [0, false];
  const dataset = {
    length: 10,
    directory: 'dataset',
    openBatchReader: () => ({
      read: async (samples: ArrayLike<number>) => {
        reads++;
        expect(samples).toHaveLength(4);
        for (const sample of Array.from(samples)) expect(sample).toBeLessThan(10);
        await new Promise((resolve) => setTimeout(resolve, 2));
        return new Uint8Array(4 * 3);
      },
      close: async () => void (closed = true),
    }),
  };
  const options = { batch: 4, size: [1, 1], signal: new AbortController().signal, seconds: 0.05 } as const;
  const { images, imagesPerSecond } = await benchData(dataset, options);
  expect(images % 4).toBe(0);
  // the first batch, and those read ahead at the end, do not count
  expect(images / 4).toBe(reads - 4);
  expect(imagesPerSecond).toBeGreaterThan(0);
  expect(closed).toBe(true);
  closed = false;
  await expect(benchData(dataset, { ...options, signal: AbortSignal.abort() })).rejects.toThrow();
  expect(closed).toBe(true);
});
