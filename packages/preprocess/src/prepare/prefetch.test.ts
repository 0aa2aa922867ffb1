import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { prefetched } from './prefetch.js';

test('results keep the order of the items, however long each takes, with at most depth + 1 in progress', async () => {
  let under = 0;
  let most = 0;
  const results: number[] = [];
  for await (const result of prefetched([30, 1, 20, 0, 10, 2], 2, async (ms) => {
    most = Math.max(most, ++under);
    await sleep(ms);
    under--;
    return ms;
  }))
    results.push(result);
  expect(results).toEqual([30, 1, 20, 0, 10, 2]);
  expect(most).toBe(3);
});

test('a rejection is thrown in its turn, and is never unhandled', async () => {
  const seen: number[] = [];
  const all = async (): Promise<void> => {
    for await (const result of prefetched([1, 2, 3], 5, async (value) =>
      value === 2 ? Promise.reject(new Error('two')) : value,
    ))
      seen.push(result);
  };
  await expect(all()).rejects.toThrow('two');
  expect(seen).toEqual([1]);
});
