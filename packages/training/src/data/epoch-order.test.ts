import { createRandom } from '@facewright/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOrder } from './batch-order.js';
import { bufferedOrder } from './epoch-order.js';

const FILE = 10;
const fileOf = (position: number): number => Math.floor(position / FILE);
const ascending = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const all = (length: number): number[] => Array.from({ length }, (_, i) => i);

test('files are read from start to end, in an order that differs by epoch, and nothing is used before it is read', () => {
  const arbitrary = fc.record({ length: fc.nat(120), buffer: fc.integer({ min: 2, max: 150 }), seed: fc.nat() });
  fc.assert(
    fc.property(arbitrary, ({ length, buffer, seed }) => {
      const { used, read } = bufferedOrder(length, buffer, fileOf, createRandom(seed));
      expect(ascending(used)).toEqual(all(length));
      expect(ascending(read!)).toEqual(all(length));
      const jumps = read!.filter((position, place) => position % FILE !== 0 && position !== read![place - 1] + 1);
      expect(jumps).toHaveLength(0);
      const readAt = new Map([...read!].map((position, place) => [position, place]));
      expect(Math.max(0, ...Array.from(used, (position, place) => readAt.get(position)! - place))).toBeLessThan(buffer);
    }),
  );
  const orders = [1, 2].map((epoch) => [...bufferedOrder(100, 2, fileOf, createRandom(1).fork(epoch)).read!]);
  expect(orders[0]).not.toEqual(orders[1]);
});

test('within the buffer every image is as likely as another to come first', () => {
  const firsts = new Uint32Array(20);
  for (let seed = 0; seed < 4000; seed++) firsts[bufferedOrder(20, 20, () => 0, createRandom(seed)).used[0]]++;
  for (const count of firsts) expect(Math.abs(count - 200)).toBeLessThan(70); // five standard deviations
});

test('whatever step a training begins at, the buffer has been given all that its steps use, and nothing else', () => {
  const length = 4321;
  const samples = {
    length,
    samples: Uint32Array.from({ length }, (_, i) => i + 100),
    labels: new Uint32Array(length),
  };
  const buffer = 300;
  for (const size of [64, 500]) {
    const order = batchOrder({
      samples,
      size,
      flip: false,
      random: createRandom(3),
      order: { buffer },
      fileOf: (index) => Math.floor(index / 100),
    });
    for (const from of [0, 1, order.perEpoch - 1, order.perEpoch + 3]) {
      const held = new Set<number>();
      for (let step = from; step < 3 * order.perEpoch; step++) {
        for (const sample of order.reads!(step, step === from)) held.add(sample);
        expect(held.size).toBeLessThanOrEqual(buffer + size + 1024);
        expect(order.at(step).filter(({ sample }) => !held.delete(sample))).toEqual([]);
        if (step % order.perEpoch === order.perEpoch - 1) expect(held.size).toBe(0);
      }
    }
  }
});

test('the order of a step does not depend on where the training began, nor on how it was asked for', () => {
  const samples = { length: 40, samples: Uint32Array.from(all(40)), labels: Uint32Array.from(all(40)) };
  const open = () =>
    batchOrder({ samples, size: 8, flip: true, random: createRandom(5), order: { buffer: 9 }, fileOf });
  const steps = all(15).map((step) => open().at(step));
  const one = open();
  for (const step of [14, 3, 9, 0]) expect(one.at(step)).toEqual(steps[step]);
  expect(batchOrder({ samples, size: 8, flip: true, random: createRandom(5) }).at(0)).not.toEqual(steps[0]);
});
