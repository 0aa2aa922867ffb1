// Elementwise ops and reductions against tfjs's own kernels.
import { hostTensor } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { checkOn, stdEngine } from './std-check.js';

const engine = stdEngine();
const check = checkOn(engine);

describe('elementwise', () => {
  const x = { x: [2, 5] };
  check('signed', x, ({ x }) => [
    tf.abs(x),
    tf.neg(x),
    tf.sign(x),
    tf.floor(tf.mul(x, 5)),
    tf.ceil(tf.mul(x, 5)),
    tf.round(tf.mul(x, 5)),
    tf.square(x),
    tf.step(x, 0.5),
    tf.clipByValue(x, -0.3, 0.4),
  ]);
  check('smooth', x, ({ x }) => [
    tf.exp(x),
    tf.sigmoid(x),
    tf.tanh(x),
    tf.erf(x),
    tf.sin(x),
    tf.cos(x),
    tf.atan(x),
    tf.asin(x),
    tf.softplus(x),
    tf.expm1(x),
    tf.sinh(x),
    tf.cosh(x),
  ]);
  check('positive', x, ({ x }) => {
    const p = tf.add(tf.abs(x), 0.1);
    return [tf.sqrt(p), tf.rsqrt(p), tf.log(p), tf.log1p(p), tf.reciprocal(p), tf.pow(p, x)];
  });
  check('activations', x, ({ x }) => [
    tf.relu(x),
    tf.relu6(tf.mul(x, 9)),
    tf.elu(x),
    tf.selu(x),
    tf.leakyRelu(x, 0.1),
    tf.prelu(x, tf.tensor1d([0.1, 2, -3, 0, 1])),
    tf.softmax(x),
    tf.logSoftmax(x),
  ]);
  check(
    'two operands',
    { a: [2, 1, 5], b: [3, 1] },
    ({ a, b }) => [
      tf.add(a, b),
      tf.sub(a, b),
      tf.mul(a, b),
      tf.div(a, b),
      tf.maximum(a, b),
      tf.minimum(a, b),
      tf.mod(tf.mul(a, 7), b),
      tf.squaredDifference(a, b),
      tf.floorDiv(tf.mul(a, 7), b),
    ],
    1e-5,
  );
  check('angles', { a: [40], b: [40] }, ({ a, b }) => [
    tf.atan2(a, b),
    tf.atan2(a, tf.abs(b)),
    tf.atan2(tf.reshape(a, [40, 1]), tf.slice(b, 0, 3)),
  ]);
  test('angles at zeros and infinities', async () => {
    const edges = [0, -0, 1, -1, Infinity, -Infinity, 2, -0.5];
    const pairs = edges.flatMap((y) => edges.map((x) => [y, x] as const));
    const [y, x] = [0, 1].map((side) =>
      hostTensor(
        [pairs.length],
        Float32Array.from(pairs, (pair) => pair[side]),
      ),
    );
    const { angle } = await engine()
      .compile((_, { y, x }) => ({ outputs: { angle: tf.atan2(y, x) } }))
      .run({ y, x });
    pairs.forEach(([y, x], i) => expect(angle.data[i], `atan2(${y}, ${x})`).toBeCloseTo(Math.atan2(y, x), 5));
  });
  check('integers', { x: [6] }, ({ x }) => {
    const i = tf.cast(tf.mul(x, 20), 'int32');
    return [
      i,
      tf.floorDiv(i, tf.scalar(3, 'int32')),
      tf.mod(i, tf.scalar(3, 'int32')),
      tf.add(i, i),
      tf.sum(i),
      tf.mean(i),
      tf.max(i),
    ];
  });
  check('comparisons and choice', { a: [3, 4], b: [3, 4] }, ({ a, b }) => {
    const [more, less] = [tf.greater(a, b), tf.less(a, 0)];
    return [
      tf.cast(tf.logicalAnd(more, tf.logicalNot(less)), 'float32'),
      tf.logicalOr(more, less),
      tf.greaterEqual(a, b),
      tf.lessEqual(a, b),
      tf.equal(a, a),
      tf.notEqual(a, b),
      tf.where(more, a, b),
      tf.where(tf.tensor2d([[1], [0], [1]], [3, 1], 'bool'), a, b),
      tf.any(more, 1),
      tf.all(more, 0),
      tf.isNaN(a),
      tf.isFinite(a),
    ];
  });
  check(
    'images with channels and scalars',
    { x: [2, 3, 3, 4], c: [4], k: [1, 1, 1, 1], w: [3, 1] },
    ({ x, c, k, w }) => {
      const y = tf.maxPool(x as tf.Tensor4D, 2, 1, 'same');
      return [
        tf.add(y, c),
        tf.mul(y, k),
        tf.mul(tf.mul(y, w), x),
        tf.addN([y, x, y]),
        tf.concat([y, x], 3),
        tf.pad(y, [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0],
        ]),
        tf.where(tf.greaterEqual(y, 0), x, y),
      ];
    },
  );
});

describe('reductions', () => {
  check(
    'plain',
    { x: [3, 4, 5] },
    ({ x }) => [
      tf.sum(x, 1),
      tf.mean(x, [0, 2], true),
      tf.max(x, 2),
      tf.min(x),
      tf.prod(x, 0),
      tf.argMax(x, 1),
      tf.argMin(x, 2),
      tf.cumsum(x, 1, true),
      tf.logSumExp(x, 0),
      tf.norm(x, 2, 2),
    ],
    1e-5,
  );
  check('images', { x: [2, 4, 4, 3] }, ({ x }) => {
    const y = tf.avgPool(x as tf.Tensor4D, 2, 1, 'same');
    return [
      tf.sum(y, [1, 2]),
      tf.mean(y, [0, 1, 2]),
      tf.sum(y, 3),
      tf.max(y, [0]),
      tf.mean(y, [1, 2], true),
      tf.sum(y),
    ];
  });
  check(
    'running products',
    { x: [3, 7, 2] },
    ({ x }) => [
      tf.cumprod(x, 1),
      tf.cumprod(x, 1, true),
      tf.cumprod(x, 0, false, true),
      tf.cumprod(x, 2, true, true),
      tf.cumprod(tf.cast(tf.mul(x, 4), 'int32'), 1),
    ],
    1e-5,
  );
  check('largest', { x: [2, 6] }, ({ x }) => {
    const { values, indices } = tf.topk(x, 3);
    return [values, indices];
  });
});
