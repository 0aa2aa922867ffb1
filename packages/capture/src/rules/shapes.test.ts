/**
 * The inferred shape and type of each captured op, compared with what tfjs's kernel returns, including negative axes
 * and empty tensors.
 */
import { openEagerEngine } from '@facewright/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonical, capture, memoryNeed, type Graph, type TensorSpec } from '../index.js';

beforeAll(async () => {
  tf.env().set('PROD', true); // no greeting
  await openEagerEngine({ name: 'cpu', tfBackend: 'cpu', device: 'js' });
  await tf.setBackend('cpu');
});

type Inputs = Record<'x' | 'image' | 'none' | 'int', tf.Tensor>;
const SPECS: Readonly<Record<keyof Inputs, TensorSpec>> = {
  x: { shape: [2, 3, 4], dtype: 'float32' },
  image: { shape: [2, 5, 6, 3], dtype: 'float32' },
  none: { shape: [0, 3], dtype: 'float32' },
  int: { shape: [2, 2], dtype: 'int32' },
};
const captured = (f: (inputs: Inputs) => tf.Tensor | tf.Tensor[]): Graph =>
  capture(
    (_, inputs) => {
      const made = [f(inputs as unknown as Inputs)].flat();
      return { outputs: Object.fromEntries(made.map((tensor, index) => [String(index), tensor])) };
    },
    { inputs: SPECS },
  );
const specsOf = (list: readonly { readonly shape: readonly number[]; readonly dtype: string }[]): object[] =>
  list.map(({ shape, dtype }) => ({ shape: [...shape], dtype }));

const whole = (...numbers: number[]): tf.Tensor1D => tf.tensor1d(numbers, 'int32');
test.each<[string, (inputs: Inputs) => tf.Tensor | tf.Tensor[]]>([
  ...[0, 1, 2, 3, -1].map((axis): [string, (inputs: Inputs) => tf.Tensor] => [
    `stack ${axis}`,
    ({ x }) => tf.stack([x, x], axis),
  ]),
  ...[0, 1, 2, -1].map((axis): [string, (inputs: Inputs) => tf.Tensor[]] => [
    `unstack ${axis}`,
    ({ x }) => tf.unstack(x, axis),
  ]),
  ...[0, 1, 2, -1, -3].map((axis): [string, (inputs: Inputs) => tf.Tensor] => [
    `concat ${axis}`,
    ({ x }) => tf.concat([x, x], axis),
  ]),
  ...[0, 1, 3, -1, -2].map((axis): [string, (inputs: Inputs) => tf.Tensor] => [
    `expandDims ${axis}`,
    ({ x }) => tf.expandDims(x, axis),
  ]),
  ...[0, 1, 2, -1].map((axis): [string, (inputs: Inputs) => tf.Tensor] => [
    `gather ${axis}`,
    ({ x, int }) => tf.gather(x, tf.clipByValue(int, 0, 1) as tf.Tensor1D, axis),
  ]),
  ['gather with a batch axis', ({ x, int }) => tf.gather(x, tf.zerosLike(int), 1, 1)],
  [
    'gatherND',
    ({ x }) =>
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [0, 1],
            [1, 2],
            [0, 0],
          ],
          [3, 2],
          'int32',
        ),
      ),
  ],
  ['gatherND of numbers', ({ x }) => tf.gatherND(x, tf.tensor2d([[0, 1, 2]], [1, 3], 'int32'))],
  ['scatterND', () => tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], 'int32'), tf.ones([2, 4]), [5, 4])],
  ['oneHot', ({ int }) => tf.oneHot(int as tf.Tensor1D, 7)],
  ['oneHot of int32', ({ int }) => tf.oneHot(int as tf.Tensor1D, 7, 1, 0, 'int32')],
  ['fill', () => tf.fill([2, 2], 3)],
  ['fill with int32', () => tf.fill([2, 2], 3, 'int32')],
  ['range', () => tf.range(0, 5)],
  ['range backwards', () => tf.range(5, 0, -2)],
  ['range of halves', () => tf.range(0, 1.2, 0.5)],
  ['range of int32', () => tf.range(0, 5, 2, 'int32')],
  ['linspace', () => tf.linspace(0, 1, 5)],
  ['tile', ({ x }) => tf.tile(x, [1, 2, 3])],
  ['broadcastTo', ({ x }) => tf.broadcastTo(tf.slice(x, [0, 0, 0], [1, 3, 4]), [2, 3, 4])],
  [
    'pad',
    ({ x }) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
        [3, 3],
      ]),
  ],
  [
    'mirrorPad',
    ({ x }) =>
      tf.mirrorPad(
        x,
        [
          [1, 0],
          [0, 1],
          [2, 2],
        ],
        'reflect',
      ),
  ],
  ['slice to the end', ({ x }) => tf.slice(x, [1, 1, 1], [-1, 2, -1])],
  ['stridedSlice', ({ x }) => tf.stridedSlice(x, [0, 2, 3], [2, 0, -5], [1, -1, -2])],
  ['stridedSlice with masks', ({ x }) => tf.stridedSlice(x, [0, 1, 0], [1, 2, 2], [1, 1, 1], 1, 4, 0, 0, 2)],
  ['stridedSlice of nothing', ({ x }) => tf.stridedSlice(x, [1, 0, 0], [1, 3, 4], [1, 1, 1])],
  ['split by number', ({ x }) => tf.split(x, 2, -1)],
  ['split by sizes', ({ x }) => tf.split(x, [1, -1, 1], 2)],
  ['transpose', ({ x }) => tf.transpose(x, [2, 0, 1])],
  ['transpose without axes', ({ x }) => tf.transpose(x)],
  ['reverse', ({ x }) => tf.reverse(x, [-1])],
  ['reshape', ({ x }) => tf.reshape(x, [-1, 2])],
  ['squeeze', ({ x }) => tf.squeeze(tf.expandDims(x, 1))],
  ['sum', ({ x }) => [tf.sum(x), tf.sum(x, -1), tf.sum(x, [0, 2]), tf.sum(x, 1, true)]],
  ['mean, max, min, prod', ({ x }) => [tf.mean(x, 0), tf.max(x, [1, 2]), tf.min(x, -2, true), tf.prod(x, 1)]],
  ['all, any', ({ x }) => [tf.all(tf.greater(x, 0), 0), tf.any(tf.greater(x, 0), [1, 2])]],
  ['argMax, argMin', ({ x }) => [tf.argMax(x, -1), tf.argMin(x), tf.argMax(x, 1)]],
  ['cumsum', ({ x }) => tf.cumsum(x, 2, true, true)],
  [
    'topk',
    ({ x }) => {
      const { values, indices } = tf.topk(x, 2);
      return [values, indices];
    },
  ],
  ['comparisons', ({ x, int }) => [tf.equal(x, 1), tf.less(int, 1), tf.logicalNot(tf.greater(x, 0))]],
  ['where', ({ x }) => tf.where(tf.greater(x, 0), x, tf.zerosLike(x))],
  ['casts', ({ x, int }) => [tf.cast(x, 'int32'), tf.cast(int, 'float32'), tf.cast(int, 'bool')]],
  ['broadcasting', ({ x }) => [tf.add(x, tf.ones([3, 1])), tf.mul(tf.ones([5, 1, 1, 1]), x)]],
  ['matMul', ({ x }) => [tf.matMul(x, x, false, true), tf.matMul(x, x, true, false), tf.matMul(tf.ones([2, 5, 3]), x)]],
  [
    'conv2d',
    ({ image }) => [
      tf.conv2d(image as tf.Tensor4D, tf.ones([3, 2, 3, 7]), [2, 1], 'valid'),
      tf.conv2d(image as tf.Tensor4D, tf.ones([3, 3, 3, 1]), 2, 'same'),
    ],
  ],
  [
    'conv2d, dilated',
    ({ image }) => tf.conv2d(image as tf.Tensor4D, tf.ones([2, 2, 3, 1]), 1, 'valid', 'NHWC', [2, 3]),
  ],
  [
    'depthwiseConv2d',
    ({ image }) => [
      tf.depthwiseConv2d(image as tf.Tensor4D, tf.ones([3, 3, 3, 2]), 1, 1),
      tf.depthwiseConv2d(image as tf.Tensor4D, tf.ones([2, 3, 3, 2]), 1, 'same'),
    ],
  ],
  [
    'pooling',
    ({ image }) => [
      tf.maxPool(image as tf.Tensor4D, [2, 3], 2, 'valid'),
      tf.avgPool(image as tf.Tensor4D, 2, 1, 'same'),
    ],
  ],
  [
    'resize',
    ({ image }) => [
      tf.image.resizeBilinear(image as tf.Tensor4D, [3, 9]),
      tf.image.resizeNearestNeighbor(image as tf.Tensor4D, [7, 2]),
    ],
  ],
  [
    'cropAndResize',
    ({ image }) =>
      tf.image.cropAndResize(
        image as tf.Tensor4D,
        tf.tensor2d([
          [0, 0, 1, 1],
          [0, 0, 0.5, 0.5],
          [0.2, 0, 1, 1],
        ]),
        whole(0, 1, 0),
        [4, 2],
      ),
  ],
  ['unsortedSegmentSum', ({ x }) => tf.unsortedSegmentSum(x, whole(1, 0), 5)],
  [
    'of nothing',
    ({ none }) => [
      tf.neg(none),
      tf.concat([none, tf.ones([2, 3])]),
      tf.sum(none, 0),
      tf.reshape(none, [3, 0]),
      tf.add(none, tf.ones([3])),
    ],
  ],
])('%s', (_, f) => {
  // prettier-ignore
  let real: object[] = [];
  tf.tidy(() => {
    const inputs = Object.fromEntries(
      Object.entries(SPECS).map(([name, { shape, dtype }]) => [name, tf.zeros([...shape], dtype)]),
    ) as unknown as Inputs;
    real = specsOf([f(inputs)].flat());
  });
  expect(specsOf(captured(f).outputs.map(({ value }) => value))).toEqual(real);
});

const SIDES: [[number, number], [number, number], [number, number], [number, number]] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];
test.each<[string, (image: tf.Tensor4D, pad: number | typeof SIDES) => tf.Tensor, number[]]>([
  ['strides', (image, pad) => tf.conv2d(image, tf.ones([3, 3, 3, 1]), [2, 1], pad), [2, 3, 6, 1]],
  ['a window', (image, pad) => tf.conv2d(image, tf.ones([3, 1, 3, 1]), 1, pad), [2, 5, 8, 1]],
  ['dilations', (image, pad) => tf.depthwiseConv2d(image, tf.ones([2, 2, 3, 1]), 1, pad, 'NHWC', [2, 1]), [2, 5, 7, 3]],
  ['a pooling', (image, pad) => tf.maxPool(image, [3, 2], 1, pad), [2, 5, 7, 3]],
])('one number as padding is refused for %s that differ in height and width', (_, f, shape) => {
  expect(() => captured(({ image }) => f(image as tf.Tensor4D, 1))).toThrow(
    /tfjs gives the wrong width[^]*shapes\.test\.ts:\d+[^]*\[\[0, 0\], \[1, 1\], \[1, 1\], \[0, 0\]\]/,
  );
  expect(captured(({ image }) => f(image as tf.Tensor4D, SIDES)).outputs[0].value.shape).toEqual(shape);
});

describe('in canonical form', () => {
  const form = (f: (inputs: Inputs) => tf.Tensor | tf.Tensor[]): [string, Readonly<Record<string, unknown>>][] =>
    canonical(captured(f)).nodes.map(({ op, attrs }) => [op, attrs]);

  test('axes are ascending and counted from the front', () => {
    expect(form(({ x }) => tf.sum(x, [-1, 0]))[0]).toEqual([
      'Sum',
      { axis: [0, 2], reductionIndices: [0, 2], keepDims: false },
    ]);
    expect(form(({ x }) => tf.reverse(x, [2, 0]))[0]).toEqual(['Reverse', { dims: [0, 2] }]);
    expect(form(({ x }) => tf.concat([x, x], -1))[0]).toEqual(['Concat', { axis: 2 }]);
    expect(form(({ x }) => tf.stack([x, x], -1))[0]).toEqual(['Pack', { axis: 3 }]);
    expect(form(({ x }) => tf.argMax(x, -1))[0]).toEqual(['ArgMax', { axis: 2 }]);
    expect(form(({ x, int }) => tf.gather(x, int as tf.Tensor1D, -1))[0]).toEqual([
      'GatherV2',
      { axis: 2, batchDims: 0 },
    ]);
    expect(form(({ x }) => tf.split(x, [1, -1], -1))[0]).toEqual(['SplitV', { numOrSizeSplits: [1, 3], axis: 2 }]);
  });

  test('a strided slice is a slice where it can be, and goes forwards', () => {
    expect(form(({ x }) => tf.stridedSlice(x, [0, 1, 0], [2, 3, 3], [1, 1, 1]))).toEqual([
      ['Slice', { begin: [0, 1, 0], size: [2, 2, 3] }],
    ]);
    const [reverse, slice] = form(({ x }) => tf.stridedSlice(x, [0, 2, 3], [2, -4, -5], [1, -1, -2]));
    expect(reverse).toEqual(['Reverse', { dims: [1, 2] }]);
    expect(slice).toEqual([
      'StridedSlice',
      expect.objectContaining({ begin: [0, 0, 0], end: [2, 3, 3], strides: [1, 1, 2] }),
    ]);
    expect(form(({ x }) => tf.stridedSlice(x, [1, 0, 0], [1, 3, 4], [1, 2, 2])).map(([op]) => op)).toEqual(['Slice']);
    expect(
      form(({ x }) => tf.stridedSlice(x, [0, 0, 0], [1, 3, 4], [1, 1, 1], 0, 0, 0, 0, 1)).map(([op]) => op),
    ).toEqual(['Slice', 'Reshape']);
  });

  test('windows have their padding as numbers', () => {
    const padOf = (f: (inputs: Inputs) => tf.Tensor): unknown => form(f)[0][1].pad;
    const image = (inputs: Inputs): tf.Tensor4D => inputs.image as tf.Tensor4D;
    expect(padOf((inputs) => tf.maxPool(image(inputs), 3, 2, 'same'))).toEqual([[0, 0], [1, 1], [0, 1], [0, 0]]);
    expect(padOf((inputs) => tf.maxPool(image(inputs), 3, 2, 'valid'))).toEqual([[0, 0], [0, 0], [0, 0], [0, 0]]);
    expect(padOf((inputs) => tf.avgPool(image(inputs), 2, 1, 1))).toEqual([[0, 0], [1, 1], [1, 1], [0, 0]]);
  }); // prettier-ignore

  test("tfjs's defaults are filled in", () => {
    expect(form(({ x }) => tf.leakyRelu(x))[0]).toEqual(['LeakyRelu', { alpha: expect.closeTo(0.2, 6) as number }]);
    expect(form(({ x }) => tf.cumsum(x))[0]).toEqual(['Cumsum', { axis: 0, exclusive: false, reverse: false }]);
    expect(form(({ x }) => tf.topk(x, 2).values)[0]).toEqual(['TopK', { k: 2, sorted: true }]);
    expect(form(({ x }) => tf.pad(x, [[0, 0], [1, 1], [0, 0]]))[0][1]).toMatchObject({ constantValue: 0 }); // prettier-ignore
    expect(form(({ int }) => tf.oneHot(int as tf.Tensor1D, 3))[0][1]).toMatchObject({
      depth: 3,
      onValue: 1,
      offValue: 0,
    });
    expect(form(({ x }) => tf.expandDims(x, 0))).toEqual([['Reshape', { shape: [1, 2, 3, 4] }]]);
  });
});

test('constants, state and inputs take memory all the time', () => {
  const graph = capture(({ w }, { x }) => ({ outputs: { y: tf.add(tf.mul(x, w), tf.tensor1d([1, 2, 3])) } }), {
    state: { w: { shape: [3], dtype: 'float32' } },
    inputs: { x: { shape: [3], dtype: 'float32' } },
  });
  expect(memoryNeed(graph)).toEqual({ fixedBytes: 36, peakBytes: 24, peakAt: 1 });
});
