// Ops that move, concatenate and resize against tfjs's own kernels.
import { hostTensor } from '@facewright/core';
import { numbers } from '@facewright/test/agree';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checkOn, stdEngine, type Given } from './std-check.js';

const engine = stdEngine();
const check = checkOn(engine);

describe('moving and concatenating', () => {
  check('shape', { x: [2, 3, 4] }, ({ x }) => [
    tf.reshape(x, [4, 6]),
    tf.transpose(x, [2, 0, 1]),
    tf.expandDims(x, 1),
    tf.tile(x, [1, 2, 1]),
    tf.broadcastTo(tf.slice(x, [0, 0, 0], [1, 3, 4]), [5, 3, 4]),
    tf.reverse(x, [0, 2]),
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
        [0, 0],
      ],
      3,
    ),
  ]);
  check('parts', { x: [4, 6] }, ({ x }) => [
    ...tf.split(x, [1, 2, 3], 1),
    ...tf.unstack(x, 0).slice(0, 2),
    tf.stack([x, x], 1),
    tf.slice(x, [1, 2], [2, -1]),
    tf.stridedSlice(x, [3, 0], [0, 6], [-1, 2]),
    tf.mirrorPad(
      x,
      [
        [1, 1],
        [2, 0],
      ],
      'reflect',
    ),
  ]);
  check('picking', { x: [5, 3] }, ({ x }) => [
    tf.gather(x, tf.tensor1d([4, 0, 0], 'int32')),
    tf.gather(x, tf.tensor1d([2, 1], 'int32'), 1),
    tf.oneHot(tf.tensor1d([1, 0, 3], 'int32'), 4),
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [4, 2],
        ],
        [2, 2],
        'int32',
      ),
    ),
    tf.scatterND(tf.tensor2d([[1], [3], [1]], [3, 1], 'int32'), tf.slice(x, [0, 0], [3, 3]), [6, 3]),
    tf.unsortedSegmentSum(x, tf.tensor1d([0, 2, 0, 1, 2], 'int32'), 4),
  ]);
  check('picking within batches', { x: [2, 5, 3] }, ({ x }) => [
    tf.gather(
      x,
      tf.tensor2d(
        [
          [4, 0],
          [1, 1],
        ],
        [2, 2],
        'int32',
      ),
      1,
      1,
    ),
    tf.gather(
      x,
      tf.tensor3d(
        [
          [[0], [2], [1], [1], [0]],
          [[2], [2], [0], [1], [1]],
        ],
        [2, 5, 1],
        'int32',
      ),
      2,
      2,
    ),
  ]);
  check('writing rows', { x: [5, 3], u: [2, 3] }, ({ x, u }) =>
    tf.tensorScatterUpdate(x, tf.tensor2d([[3], [0]], [2, 1], 'int32'), u),
  );
  check('making', { x: [3] }, ({ x }) => [
    tf.add(x, tf.range(0, 3)),
    tf.add(x, tf.linspace(0, 1, 3)),
    tf.mul(tf.fill([20, 300], 2), tf.slice(x, 0, 1)),
    tf.zerosLike(x),
    tf.onesLike(x),
  ]);
  check(
    'resizing',
    { x: [1, 4, 5, 2] },
    ({ x }) => [
      tf.image.resizeBilinear(x as tf.Tensor4D, [7, 3]),
      tf.image.resizeBilinear(x as tf.Tensor4D, [2, 9], true),
      tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 10]),
      tf.image.resizeBilinear(x as tf.Tensor4D, [8, 10], false, true),
    ],
    1e-5,
  );
});

/**
 * Compares the gradient of Σ f(x)·w with finite differences for some elements of x, because tfjs's own kernels are
 * wrong here.
 */
async function expectSlopes(shape: readonly number[], f: (x: tf.Tensor4D) => tf.Tensor4D): Promise<void> {
  const x = numbers(shape);
  const loss = (given: tf.Tensor): tf.Scalar => {
    const y = f(given as tf.Tensor4D);
    return tf.sum(tf.mul(y, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape)));
  };
  const executable = engine().compile((_, { x }) => ({ outputs: { gradient: tf.grad(loss)(x), value: loss(x) } }));
  const { gradient } = await executable.run({ x });
  for (let i = 0; i < x.data.length; i += 7) {
    const at = async (shift: number): Promise<number> =>
      (
        await executable.run({
          x: hostTensor(
            shape,
            Float32Array.from(x.data, (value, j) => (j === i ? value + shift : value)),
          ),
        })
      ).value.data[0];
    expect(gradient.data[i]).toBeCloseTo(((await at(0.5)) - (await at(-0.5))) / 1, 4);
  }
}

describe('resizing and its gradients', () => {
  // tfjs's gradient of bilinear resizing has the wrong shape for images that are not square; finite differences cover
  // those below
  type Resize = typeof tf.image.resizeBilinear;
  const gradientOf =
    (resize: Resize, size: [number, number], corners: boolean) =>
    ({ x }: Given): tf.Tensor =>
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(resize(x as tf.Tensor4D, size, corners))))(x);
  for (const [name, resize] of [
    ['bilinear', tf.image.resizeBilinear],
    ['nearest', tf.image.resizeNearestNeighbor],
  ] as const) {
    for (const size of [
      [7, 3],
      [2, 9],
      [4, 5],
      [1, 1],
      [8, 10],
    ] as [number, number][]) {
      for (const corners of [false, true])
        check(
          `${name} to ${size.join('×')}${corners ? ', corners aligned' : ''}`,
          { x: [1, 5, 5, 2] },
          gradientOf(resize, size, corners),
          1e-5,
        );
    }
    check(
      `${name} from the centres of pixels`,
      { x: [2, 4, 5, 2] },
      ({ x }) => [resize(x as tf.Tensor4D, [7, 3], false, true), resize(x as tf.Tensor4D, [3, 11], false, true)],
      1e-5,
    );
    test.each([
      [[7, 3], false, true],
      [[3, 11], false, true],
      [[5, 2], false, false],
      [[6, 8], true, false],
    ] as const)(`${name}: finite differences for %j, corners %j, centres %j, two images`, (size, corners, centres) =>
      expectSlopes([2, 4, 5, 2], (x) => resize(x, [...size], corners, centres)),
    );
  }
  check('square, symmetric and other borders', { x: [3, 4] }, ({ x }) => [
    tf.mirrorPad(
      x,
      [
        [2, 3],
        [0, 4],
      ],
      'symmetric',
    ),
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 2],
      ],
      'symmetric',
    ),
    tf.grad((x: tf.Tensor) =>
      tf.sum(
        tf.square(
          tf.mirrorPad(
            x,
            [
              [0, 0],
              [0, 0],
            ],
            'symmetric',
          ),
        ),
      ),
    )(x),
  ]);
  const crops: [number, number, number, number][] = [
    [0, 0, 1, 1],
    [0.1, 0.2, 0.8, 0.7],
    [0.9, 0.3, 0.2, 0.6],
    [-0.2, 0.4, 0.5, 1.3],
    [0.5, 0.5, 0.5, 0.5],
    [0, 0, 1, 1],
  ];
  for (const method of ['bilinear', 'nearest'] as const) {
    for (const size of [
      [3, 4],
      [1, 1],
      [8, 1],
      [2, 9],
    ] as [number, number][]) {
      check(
        `crops to ${size.join('×')}, ${method}, also beyond the border and of an image that is not there`,
        { x: [2, 6, 5, 3] },
        ({ x }) =>
          tf.image.cropAndResize(
            x as tf.Tensor4D,
            tf.tensor2d(crops),
            tf.tensor1d([0, 1, 0, 1, 1, 2], 'int32'),
            size,
            method,
            0.25,
          ),
        1e-5,
      );
    }
  }
});
