// Every lowered op against tfjs's own kernels on the reference engine, and how an executable handles state and sizes.
import { CAPTURED_OPS } from '@facewright/capture';
import { hostTensor, type CompileOptions, type Engine, type Executable, type HostTensors } from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOnnxEngine } from '../src/index.js';
import { LOWERED_OPS } from '../src/lowering/lower.js';
import { expectAgreement, expectClose, numbers, referenceEngine } from '@facewright/test/agree';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ provider: 'cpu', lowering: 'std', threads: 1 });
});
afterAll(() => engine.dispose());

type Given = Record<string, tf.Tensor>;
const check = (
  name: string,
  shapes: Record<string, readonly number[]>,
  f: (given: Given) => tf.Tensor | tf.Tensor[],
  tolerance?: number,
): void =>
  test(name, async () => {
    const inputs = Object.fromEntries(Object.entries(shapes).map(([key, shape], i) => [key, numbers(shape, i + 1)]));
    await expectAgreement(
      engine,
      (_, given) => {
        const made = f(given as Given);
        return {
          outputs: Object.fromEntries((Array.isArray(made) ? made : [made]).map((tensor, i) => [`y${i}`, tensor])),
        };
      },
      {},
      inputs,
      tolerance,
    );
  });

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
    const { angle } = await engine.compile((_, { y, x }) => ({ outputs: { angle: tf.atan2(y, x) } })).run({ y, x });
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
  const executable = engine.compile((_, { x }) => ({ outputs: { gradient: tf.grad(loss)(x), value: loss(x) } }));
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

describe('network', () => {
  check('matrices', { a: [3, 4], b: [4, 5], c: [2, 3, 4], d: [2, 4, 3] }, ({ a, b, c, d }) => [
    tf.matMul(a, b),
    tf.matMul(b, a, true, true),
    tf.matMul(c, d),
    tf.matMul(c, c, false, true),
    tf.matMul(d, d, true),
  ]);
  for (const [size, kernel, stride, pad] of [
    [7, 3, 1, 'same'],
    [8, 3, 2, 'same'],
    [8, 3, 2, 1],
    [9, 3, 2, 'valid'],
    [8, 2, 3, 'valid'],
    [5, 1, 1, 'same'],
    [6, 1, 2, 'same'],
    [7, 7, 1, 'valid'],
  ] as const) {
    const padding =
      typeof pad === 'number'
        ? ([
            [0, 0],
            [pad, pad],
            [pad, pad],
            [0, 0],
          ] as tf.backend_util.ExplicitPadding)
        : pad;
    check(
      `convolution ${kernel}×${kernel} on ${size}, stride ${stride}, ${pad}, and its gradients`,
      { x: [2, size, size, 3], w: [kernel, kernel, 3, 4] },
      ({ x, w }) => {
        const { value, grads } = tf.valueAndGrads((x, w) =>
          tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding))),
        )([x, w]);
        return [value, ...grads];
      },
      1e-5,
    );
    check(
      `depthwise ${kernel}×${kernel} on ${size}, stride ${stride}, ${pad}, and its gradients`,
      { x: [2, size, size, 3], w: [kernel, kernel, 3, 1] },
      ({ x, w }) => {
        const { value, grads } = tf.valueAndGrads((x, w) =>
          tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding))),
        )([x, w]);
        return [value, ...grads];
      },
      1e-5,
    );
  }
  for (const [stride, pad] of [
    [1, 'same'],
    [2, 'same'],
    [2, 'valid'],
  ] as const) {
    check(
      `gradients of depthwise with two kernels per channel, stride ${stride}, ${pad}`,
      { x: [2, 6, 6, 3], w: [3, 3, 3, 2] },
      ({ x, w }) =>
        tf.grads((x, w) => tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad))))([
          x,
          w,
        ]),
      1e-5,
    );
  }
  check(
    'depthwise with two kernels per channel',
    { x: [2, 6, 6, 3], w: [3, 3, 3, 2] },
    ({ x, w }) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
    1e-5,
  );
  check(
    'pooling and its gradient',
    { x: [2, 7, 7, 3] },
    ({ x }) => [
      tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid'))))(x),
    ],
    1e-5,
  );
  check(
    'batch norm in inference',
    { x: [2, 3, 3, 4], m: [4], v: [4], g: [4] },
    ({ x, m, v, g }) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        m as tf.Tensor1D,
        tf.add(tf.abs(v), 0.1) as tf.Tensor1D,
        undefined,
        g as tf.Tensor1D,
      ),
    1e-5,
  );
  check(
    'PReLU between convolutions, slopes beyond ±1, with and without whole blocks of channels',
    { x: [2, 6, 6, 3], w: [3, 3, 3, 16], v: [3, 3, 16, 6], a: [16], b: [6] },
    ({ x, w, v, a, b }) => {
      const y = tf.prelu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), tf.mul(a, 3)) as tf.Tensor4D;
      return [y, tf.prelu(tf.conv2d(y, v as tf.Tensor4D, 2, 'valid'), tf.mul(b, -3))];
    },
    1e-5,
  );
  check('fused', { x: [1, 5, 5, 2], w: [3, 3, 2, 4], b: [4] }, ({ x, w, b }) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: w as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: b,
      activation: 'relu',
    }),
  );
});

test('state is kept between calls, and read and written by name', async () => {
  const state: HostTensors = {
    w: numbers([3]),
    count: hostTensor([], Float32Array.of(0)),
    large: numbers([600, 500]),
    fixed: numbers([2]),
  };
  const executable = engine.compile(
    (s, { x }) => ({
      state: { w: tf.add(s.w, x), count: tf.add(s.count, 1), large: tf.mul(s.large, 2) },
      outputs: { y: tf.sum(tf.mul(s.w, s.fixed.shape[0])) },
    }),
    { state },
  );
  await executable.run({ x: numbers([3], 2) });
  await executable.writeState({ count: hostTensor([], Float32Array.of(5)) });
  await executable.run({ x: numbers([3], 2) });
  const after = await executable.readState(['count', 'large', 'fixed']);
  expectClose(
    after,
    {
      count: hostTensor([], Float32Array.of(6)),
      large: hostTensor(
        [600, 500],
        (state.large.data as Float32Array).map((v) => v * 4),
      ),
      fixed: state.fixed,
    },
    1e-6,
  );
  await expect(executable.readState(['nothing'])).rejects.toThrow(/no state "nothing"/);
  await expect(executable.writeState({ nothing: numbers([1]) })).rejects.toThrow(/no state "nothing"/);
  executable.dispose();
  await expect(executable.run({ x: numbers([3], 2) })).rejects.toThrow(/disposed/);
});

test('state that the step does not change can be written too', async () => {
  const executable = engine.compile((s, { x }) => ({ outputs: { y: tf.mul(s.w, x) } }), {
    state: { w: hostTensor([1], Float32Array.of(2)) },
  });
  const x = hostTensor([1], Float32Array.of(10));
  expect((await executable.run({ x })).y.data).toEqual(Float32Array.of(20));
  await executable.writeState({ w: hostTensor([1], Float32Array.of(3)) });
  expect((await executable.run({ x })).y.data).toEqual(Float32Array.of(30));
});

describe('dynamic sizes', () => {
  const sides = [
    [12, 12],
    [13, 20],
    [30, 17],
  ];
  test('one compilation works for images of every size', async () => {
    let compiled = 0;
    const counting = await openOnnxEngine({
      provider: 'cpu',
      lowering: 'std',
      threads: 1,
      emit: (type) => void (type === 'engine.compiled' && compiled++),
    });
    const state = { w: numbers([3, 3, 3, 5]), b: numbers([5]), d: numbers([1, 1, 5, 2]) };
    const step = (s: tf.TensorContainerObject, { images }: tf.TensorContainerObject) => {
      const x = tf.prelu(
        tf.add(tf.conv2d(images as tf.Tensor4D, s.w as tf.Tensor4D, 1, 'valid'), s.b as tf.Tensor),
        s.b as tf.Tensor,
      ) as tf.Tensor4D;
      return { outputs: { y: tf.softmax(tf.conv2d(tf.maxPool(x, 2, 2, 'same'), s.d as tf.Tensor4D, 1, 'valid')) } };
    };
    const executable = counting.compile(step as never, { state, dynamicAxes: { images: [1, 2] } });
    const reference = (await referenceEngine()).compile(step as never, { state });
    for (const [h, w] of sides) {
      const images = numbers([1, h, w, 3]);
      expectClose(await executable.run({ images }), await reference.run({ images }), 1e-5);
    }
    expect(compiled).toBe(1);
    await counting.dispose();
  });

  test('a step that depends on a size is compiled for each', async () => {
    let compiled = 0;
    const counting = await openOnnxEngine({
      provider: 'cpu',
      lowering: 'std',
      threads: 1,
      emit: (type) => void (type === 'engine.compiled' && compiled++),
    });
    const executable = counting.compile((_, { x }) => ({ outputs: { y: tf.div(tf.sum(x), x.size) } }), {
      dynamicAxes: { x: [0] },
    });
    for (const n of [2, 3])
      expect((await executable.run({ x: hostTensor([n], new Float32Array(n).fill(4)) })).y.data).toEqual(
        Float32Array.of(4),
      );
    expect(compiled).toBe(2);
    await counting.dispose();
  });
});

test('an op that cannot be lowered is named, with advice', async () => {
  const executable = engine.compile((_, { x }) => ({ outputs: { y: tf.gather(x, tf.zeros([2, 1], 'int32'), 2, 1) } }), {
    name: 'mine',
  });
  await expect(executable.run({ x: numbers([2, 3, 4]) })).rejects.toThrow(
    /"mine" uses GatherV2 with an axis behind its batch dimensions[\s\S]*"onnx"[\s\S]*op by op/,
  );
});

test('every op that can be captured can be lowered', () => {
  // simplifying the graph replaces fused kernels and ExpandDims
  const simplified = ['ExpandDims', '_FusedMatMul', 'FusedConv2D', 'FusedDepthwiseConv2D'];
  expect(CAPTURED_OPS.filter((op) => !LOWERED_OPS.includes(op) && !simplified.includes(op))).toEqual([]);
});

test("with outputsGo a call frees the previous call's outputs; without it they stay", async () => {
  const twice = (options: CompileOptions) => engine.compile((_, { x }) => ({ outputs: { y: tf.mul(x, 2) } }), options);
  const call = async (executable: Executable, value: number) =>
    (await executable.run({ x: hostTensor([3], new Float32Array(3).fill(value)) })).y.data;
  for (const outputsGo of [true, false]) {
    const executable = twice({ outputsGo });
    const first = await call(executable, 1);
    expect([...first]).toEqual([2, 2, 2]);
    expect([...(await call(executable, 5))]).toEqual([10, 10, 10]);
    expect(Array.from({ length: first.length }, (_, i) => first[i])).toEqual(outputsGo ? [] : [2, 2, 2]);
    executable.dispose();
  }
});
