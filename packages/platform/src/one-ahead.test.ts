import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { oneAhead } from './one-ahead.js';

const log: string[] = [];
async function* numbers(count: number, failing?: number): AsyncGenerator<number> {
  try {
    for (let number = 0; number < count; number++) {
      log.push(`make ${number}`);
      await nextTurn();
      if (number === failing) throw new Error(`no ${number}`);
      log.push(`made ${number}`);
      yield number;
    }
  } finally {
    log.push('closed');
  }
}
/** Takes the items, and gives what happened meanwhile. */
async function taken(source: AsyncIterable<number>, last = Infinity): Promise<string[]> {
  log.length = 0;
  try {
    for await (const number of oneAhead(source)) {
      log.push(`use ${number}`);
      if (number === last) break;
      for (let turn = 0; turn < 4; turn++) await nextTurn();
      log.push(`used ${number}`);
    }
    log.push('end');
  } catch (error) {
    log.push((error as Error).message);
  }
  return [...log];
}

test('the next item is made while the last is used, one at a time', async () => {
  const [first, second] = [
    ['make 0', 'made 0', 'make 1', 'use 0', 'made 1', 'used 0'],
    ['closed', 'use 1', 'used 1', 'end'],
  ];
  expect(await taken(numbers(2))).toEqual([...first, ...second]);
  expect(await taken(numbers(0))).toEqual(['closed', 'end']);
});

test('an item that cannot be made is an error when its turn comes', async () => {
  expect(await taken(numbers(5, 1))).toEqual(['make 0', 'made 0', 'make 1', 'use 0', 'closed', 'used 0', 'no 1']);
});

test('a caller who stops waits for the item in the making', async () => {
  expect(await taken(numbers(5), 0)).toEqual(['make 0', 'made 0', 'make 1', 'use 0', 'made 1', 'closed', 'end']);
});
