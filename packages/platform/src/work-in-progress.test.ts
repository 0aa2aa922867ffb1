import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workInProgress } from './work-in-progress.js';

test('waits for work that succeeds and work that fails, and passes both on', async () => {
  const work = workInProgress();
  let [succeed, fail]: (() => void)[] = [];
  const right = work.add(new Promise<number>((resolve) => (succeed = () => resolve(7))));
  const wrong = work.add(new Promise((_, reject) => (fail = () => reject(new Error('odd')))));
  let ended = false;
  const all = work.ended().then(() => (ended = true));
  succeed();
  await nextTurn();
  expect(ended).toBe(false);
  fail();
  await all;
  expect(await right).toBe(7);
  await expect(wrong).rejects.toThrow('odd');
  await work.ended(); // nothing is left to wait for
});
