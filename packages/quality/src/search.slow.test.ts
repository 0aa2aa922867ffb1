// Blocks of cosines on an engine find what comparing pair by pair finds.
import { onnx } from '@facewright/backend-onnx';
import { createRandom, type Engine } from '@facewright/core';
import { openEngine } from '@facewright/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddingsOf, type Embeddings } from './embeddings.js';
import { findSimilar } from './search.js';

const SIZE = 24;
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(onnx());
});
afterAll(() => engine.dispose());

const random = createRandom('search');
function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
const direction = (): Float32Array => unit(Float32Array.from({ length: SIZE }, () => random.normal()));
const beside = (vector: Float32Array): Float32Array => unit(vector.map((value) => value + 0.01 * random.normal()));

// neither is a whole number of blocks; the planted pairs lie in the first, the last and different blocks
const a = Array.from({ length: 2100 }, direction);
const b = Array.from({ length: 4300 }, direction);
const PLANTED = [
  [0, 0],
  [3, 4299],
  [511, 4095],
  [512, 4096],
  [2099, 4299],
  [2099, 31],
];
for (const [row, other] of PLANTED) b[other] = beside(a[row]);
a[2098] = beside(a[17]);

async function pairs(left: Embeddings, right: Embeddings | undefined, floor: number, on?: Engine): Promise<string[]> {
  const found: string[] = [];
  const floors = new Float32Array(left.count).fill(floor);
  const done: number[] = [];
  await findSimilar(left, right, floors, (row, other) => found.push(`${row} ${other}`), {
    engine: on,
    progress: (rows, total) => done.push(rows / total),
  });
  expect(done.at(-1)).toBe(1);
  return found.sort();
}

test('pairs above a floor, between two sets and within one', async () => {
  const [left, right] = [embeddingsOf(a), embeddingsOf(b)];
  const close = await pairs(left, right, 0.9, engine);
  // the later of two people planted at one place stands there
  expect(close).toEqual(expect.arrayContaining(['0 0', '511 4095', '512 4096', '2099 31', '2099 4299']));
  expect(close).toEqual(await pairs(left, right, 0.9));
  expect(await pairs(left, undefined, 0.9, engine)).toContain('17 2098');
  expect(await pairs(left, undefined, 0.7, engine)).toEqual(await pairs(left, undefined, 0.7));
});

test('the nearest of each row, where what is found raises the floor', async () => {
  const [left, right] = [embeddingsOf(a), embeddingsOf(b)];
  const nearest = async (on?: Engine): Promise<Int32Array> => {
    const floors = new Float32Array(left.count).fill(-Infinity);
    const best = new Int32Array(left.count).fill(-1);
    const raise = (row: number, other: number, score: number): void => {
      floors[row] = score;
      best[row] = other;
    };
    await findSimilar(left, right, floors, raise, { engine: on });
    return best;
  };
  const found = await nearest(engine);
  expect(found).toEqual(await nearest());
  expect([found[0], found[511], found[512], found[3] === 4299]).toEqual([0, 4095, 4096, false]);
});

test('an interruption ends it', async () => {
  const abort = new AbortController();
  abort.abort();
  const all = embeddingsOf(a);
  const floors = new Float32Array(all.count);
  await expect(findSimilar(all, undefined, floors, () => undefined, { engine, signal: abort.signal })).rejects.toThrow(
    'Interrupted',
  );
});
