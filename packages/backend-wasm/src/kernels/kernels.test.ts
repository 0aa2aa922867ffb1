/** This package's kernels against tfjs's cpu backend, on random shapes and edge cases. */
import { batchNormTraining, createRandom, prelu, withTfBackend, type Engine } from '@facewright/core';
import { cpu } from '@facewright/backend-cpu';
import { testContext } from '@facewright/testkit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasm } from '../index.js';

const engines: Engine[] = [];
beforeAll(async () => {
  for (const plugin of [cpu(), wasm()]) engines.push(await (await plugin.create(testContext())).open());
});
afterAll(() => Promise.all(engines.map((engine) => engine.dispose())));

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
type Values = Float32Array | Int32Array | Uint8Array;

function draw(shape: readonly number[], seed: string): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
}

async function on(
  backend: string,
  shapes: readonly (readonly number[])[],
  work: (inputs: tf.Tensor[]) => tf.Tensor[],
): Promise<Values[]> {
  const results = withTfBackend(backend, () =>
    tf.tidy(() => work(shapes.map((shape, index) => tf.tensor(draw(shape, `${index}`), shape as number[])))),
  );
  const values = await Promise.all(results.map(async (result) => (await result.data()).slice() as Values));
  tf.dispose(results);
  return values;
}

function distance(actual: Values, expected: Values): number {
  let [difference, norm] = [0, 0];
  expected.forEach((value, index) => {
    difference += (value - actual[index]) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / Math.max(norm, 1e-12));
}

/** Value and gradients of `op` are the same on both backends. */
async function expectAlike(op: Op, shapes: readonly (readonly number[])[], tolerance = 2e-5): Promise<void> {
  const both = (backend: string): Promise<Values[]> =>
    on(backend, shapes, (inputs) => {
      const value = op(...inputs);
      const weights = tf.add(tf.cos(tf.reshape(tf.range(0, value.size), value.shape)), 1); // avoids sums that cancel
      return [value, ...tf.grads((...args: tf.Tensor[]) => tf.sum(tf.mul(op(...args), weights)))(inputs)];
    });
  const [expected, actual] = [await both('cpu'), await both('wasm')];
  expected.forEach((values, index) =>
    expect(distance(actual[index], values), index === 0 ? 'value' : `gradient to input ${index - 1}`).toBeLessThan(
      tolerance,
    ),
  );
}

// Shapes that tfjs itself handles correctly: with numeric padding it computes output sizes from the kernel's height
// alone, and its wasm backend is wrong for `same` if the kernel is narrower than the stride.
const side = fc.integer({ min: 1, max: 4 });
const stride = fc.integer({ min: 1, max: 3 });
const window = fc.oneof(
  fc.record({ rows: side, columns: side, stride, pad: fc.constant<'valid'>('valid') }),
  fc.tuple(side, stride, fc.nat(2)).map(([size, stride, pad]) => ({ rows: size, columns: size, stride, pad })),
  fc
    .tuple(side, stride)
    .map(([size, step]) => ({ rows: size, columns: size, stride: Math.min(size, step), pad: 'same' as const })),
);
const image = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 5, max: 11 }),
  width: fc.integer({ min: 5, max: 11 }),
  channels: fc.integer({ min: 1, max: 6 }),
});

test('conv2d and its gradients for any size, stride and padding', async () => {
  await fc.assert(
    fc.asyncProperty(
      image,
      window,
      fc.integer({ min: 1, max: 5 }),
      async ({ batch, height, width, channels }, { rows, columns, stride, pad }, out) => {
        await expectAlike(
          (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
          [
            [batch, height, width, channels],
            [rows, columns, channels, out],
          ],
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('depthwiseConv2d and its gradients for any size, stride and padding', async () => {
  await fc.assert(
    fc.asyncProperty(image, window, async ({ batch, height, width, channels }, { rows, columns, stride, pad }) => {
      await expectAlike(
        (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
        [
          [batch, height, width, channels],
          [rows, columns, channels, 1],
        ],
      );
    }),
    { numRuns: 60 },
  );
});

test('depthwise convolution over the whole image', () =>
  expectAlike(
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'),
    [
      [3, 7, 6, 5],
      [7, 6, 5, 1],
    ],
  ));

test('batch norm over many rows, even a prime number of them', async () => {
  for (const rows of [2, 4097, 4099, 9000]) {
    await expectAlike(
      (x, gamma, beta) => batchNormTraining(x, gamma as tf.Tensor1D, beta as tf.Tensor1D).y,
      [[rows, 3], [3], [3]],
      5e-5,
    );
  }
});

test('PReLU at zero and on both sides of it', async () => {
  await expectAlike((x, alpha) => prelu(tf.mul(tf.round(x), 0.5), alpha as tf.Tensor1D), [[50, 4], [4]]);
  await expectAlike((x, alpha) => prelu(x, alpha as tf.Tensor1D), [[5, 3, 3, 4], [4]]);
});

test('slices of every rank', async () => {
  const shape = [4, 3, 5, 2, 3];
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 5, maxLength: 5 }),
      async (rank, cuts) => {
        const dimensions = shape.slice(0, rank);
        const begin = dimensions.map((dimension, axis) => cuts[axis][0] % dimension);
        const size = dimensions.map((dimension, axis) => 1 + (cuts[axis][1] % (dimension - begin[axis])));
        const [expected, actual] = [
          await on('cpu', [dimensions], ([x]) => [tf.slice(x, begin, size)]),
          await on('wasm', [dimensions], ([x]) => [tf.slice(x, begin, size)]),
        ];
        expect(actual[0]).toEqual(expected[0]);
      },
    ),
  );
});

test('slices of integers, empty slices, and out-of-bounds slices', async () => {
  const slice = (begin: number[], size: number[]) => (): tf.Tensor[] => [
    tf.slice(
      tf.tensor2d(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [2, 3],
        'int32',
      ),
      begin,
      size,
    ),
  ];
  expect([...(await on('wasm', [], slice([1, 1], [1, 2])))[0]]).toEqual([5, 6]);
  expect((await on('wasm', [], slice([0, 0], [0, 3])))[0].length).toBe(0);
  await expect(on('wasm', [], slice([1, 0], [2, 3]))).rejects.toThrow(/slice/i);
});

test('gather sums the gradients of rows taken twice', () =>
  expectAlike(
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [1, 1],
            [0, 3],
          ],
          [2, 2],
          'int32',
        ),
      ),
    [[4, 2, 3]],
  ));

test('oneHot leaves rows with out-of-range labels empty', async () => {
  const work = (): tf.Tensor[] => [tf.oneHot(tf.tensor1d([-1, 1, 3], 'int32'), 3, 5, 2, 'float32')];
  expect([...(await on('wasm', [], work))[0]]).toEqual([2, 2, 2, 2, 5, 2, 2, 2, 2]);
});

test('a clone outlives its source', async () => {
  const clone = withTfBackend('wasm', () => {
    const original = tf.tensor1d([1, 2, 3]);
    const copy = tf.clone(original);
    original.dispose();
    tf.dispose(tf.fill([1000], 7)); // would reuse freed memory
    return copy;
  });
  expect([...(await clone.data())]).toEqual([1, 2, 3]);
  clone.dispose();
});
