/**
 * An example of every op that can be captured, and of its relevant variants: for testing engines' lowerings and
 * decomposition formulas.
 */
import {
  addToTarget,
  batchNormTraining,
  prelu,
  softmaxCrossEntropy,
  targetEntry,
  type HostTensors,
  type StepFunction,
} from '@facewright/core';
import * as tf from '@tensorflow/tfjs-core';
import { numbers } from './reference.js';

type Given = Record<string, tf.Tensor>;
type Shapes = Readonly<Record<string, readonly number[]>>;
type Four = tf.Tensor4D;

export interface OpExample {
  readonly name: string;
  readonly step: StepFunction;
  readonly inputs: HostTensors;
}

function example(name: string, shapes: Shapes, f: (given: Given) => tf.Tensor | tf.Tensor[]): OpExample {
  return {
    name,
    inputs: Object.fromEntries(Object.entries(shapes).map(([key, shape], i) => [key, numbers(shape, i + 1)])),
    step: (_, given) => {
      const made = f(given as Given);
      const list = Array.isArray(made) ? made : [made];
      return { outputs: Object.fromEntries(list.map((tensor, i) => [`y${i}`, tensor])) };
    },
  };
}

const kernel = (name: string, inputs: tf.NamedTensorMap, attrs: Record<string, unknown> = {}): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
/** tfjs's own ops never call these two, which its plain backends lack. */
const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined;
const int = (...values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');
const square = { x: [3, 4] };

const unary = (names: readonly string[], prepare: (x: tf.Tensor) => tf.Tensor = (x) => x): OpExample[] =>
  names.map((name) => example(name, square, ({ x }) => kernel(name, { x: prepare(x) })));
const binary = (names: readonly string[], prepare: (x: tf.Tensor) => tf.Tensor = (x) => x): OpExample[] =>
  names.map((name) =>
    example(name, { a: [2, 1, 4], b: [3, 1] }, ({ a, b }) => kernel(name, { a: prepare(a), b: prepare(b) })),
  );
const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.abs(x), 0.25);
/** No two values close to multiples of each other. */
const wide = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(x, 7), 0.013);
const wholes = (x: tf.Tensor): tf.Tensor => tf.cast(tf.mul(x, 20), 'int32');
const odd = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.sub(tf.round(tf.mul(tf.abs(x), 2)), 1)); // some are infinite

const VALUES: readonly OpExample[] = [
  ...unary(['Abs', 'Neg', 'Sign', 'Square', 'Sin', 'Cos', 'Tan', 'Asin', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Atanh']),
  ...unary(['Acos', 'Exp', 'Expm1', 'Erf', 'Sigmoid', 'Tanh', 'Softplus', 'Elu', 'Selu', 'Relu', 'Identity']),
  ...unary(['ZerosLike', 'OnesLike']),
  ...unary(['Floor', 'Ceil', 'Round', 'Relu6'], wide),
  ...unary(['Log', 'Log1p', 'Sqrt', 'Rsqrt', 'Reciprocal'], positive),
  ...unary(['Acosh'], (x) => tf.add(tf.abs(x), 1.25)),
  ...unary(['IsNan', 'IsInf', 'IsFinite'], odd),
  example('Round of halves', { x: [1] }, ({ x }) =>
    tf.add(tf.round(tf.tensor1d([0.5, 1.5, 2.5, -0.5, -1.5])), tf.mul(x, 0)),
  ),
  example('LeakyRelu', square, ({ x }) => tf.leakyRelu(x, 0.1)),
  example('Prelu', square, ({ x }) => tf.prelu(x, tf.tensor1d([0.1, 2, -3, 0]))),
  example('EluGrad', square, ({ x }) => tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.elu(x))))(x)),
  example('Step', square, ({ x }) => [tf.step(x), tf.step(x, 0.5)]),
  example('ClipByValue', square, ({ x }) => tf.clipByValue(x, -0.3, 0.4)),
  example('LogicalNot', square, ({ x }) => tf.logicalNot(tf.greater(x, 0))),
  example('Cast', square, ({ x }) => [
    tf.cast(tf.mul(x, 9), 'int32'),
    tf.cast(tf.round(x), 'bool'),
    tf.cast(tf.greater(x, 0), 'float32'),
  ]),
  ...binary(['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum', 'SquaredDifference', 'RealDiv', 'Atan2']),
  ...binary(['Mod', 'FloorDiv'], wide),
  ...binary(['Pow'], positive),
  example('Pow of integers', { x: [4] }, ({ x }) => [tf.pow(x, 2), tf.pow(x, 3)]),
  ...binary(['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'], (x) => tf.round(tf.mul(x, 2))),
  ...binary(['LogicalAnd', 'LogicalOr'], (x) => tf.greater(x, 0)),
  example('arithmetic of integers', { a: [6], b: [6] }, ({ a, b }) => {
    const [i, j] = [wholes(a), wholes(b)];
    return [tf.add(i, j), tf.sub(i, j), tf.mul(i, j), tf.maximum(i, j), tf.neg(i), tf.abs(i), tf.sum(i), tf.max(i)];
  }),
  example('division of integers', { a: [6] }, ({ a }) => [
    tf.floorDiv(wholes(a), tf.scalar(3, 'int32')),
    tf.mod(wholes(a), tf.scalar(3, 'int32')),
    tf.mean(wholes(a)),
  ]),
  example('AddN', { a: [2, 3], b: [2, 3], c: [2, 3] }, ({ a, b, c }) => tf.addN([a, b, c])),
  example('Select', { a: [3, 4], b: [3, 4] }, ({ a, b }) => tf.where(tf.greater(a, b), a, b)),
  example('Softmax', square, ({ x }) => tf.softmax(tf.mul(x, 30))),
  example('LogSoftmax', square, ({ x }) =>
    hasKernel('LogSoftmax') ? kernel('LogSoftmax', { logits: tf.mul(x, 30) }) : tf.logSoftmax(tf.mul(x, 30)),
  ),
];

const SHAPES: readonly OpExample[] = [
  example('Reshape', { x: [2, 6] }, ({ x }) => tf.reshape(x, [3, -1])),
  example('ExpandDims', { x: [2, 3] }, ({ x }) => kernel('ExpandDims', { input: x }, { dim: -1 })),
  example('Transpose', { x: [2, 3, 4] }, ({ x }) => tf.transpose(x, [2, 0, 1])),
  example('Fill', { x: [3] }, ({ x }) => tf.mul(tf.fill([70, 90, 3], 2), x)),
  example('Range', { x: [3] }, ({ x }) => [
    tf.add(x, tf.range(5, -1, -2)),
    tf.add(wholes(x), tf.range(0, 3, 1, 'int32')),
  ]),
  example('LinSpace', { x: [5] }, ({ x }) => tf.add(x, tf.linspace(0, 1, 5))),
  example('OneHot', { x: [1] }, ({ x }) => [
    tf.add(tf.oneHot(int(1, 0, 3), 4, 1, 0, 'float32'), x),
    tf.oneHot(tf.cast(tf.mul(tf.abs(x), 3), 'int32') as tf.Tensor1D, 4, 5, 2),
  ]),
  example('Tile', { x: [2, 1, 3] }, ({ x }) => [tf.tile(x, [2, 1, 2]), tf.tile(x, [1, 4, 1])]),
  example('BroadcastTo', { x: [3, 1] }, ({ x }) =>
    hasKernel('BroadcastTo') ? kernel('BroadcastTo', { x }, { shape: [2, 3, 4] }) : tf.broadcastTo(x, [2, 3, 4]),
  ),
  example('Concat', { a: [2, 3], b: [2, 1] }, ({ a, b }) => tf.concat([a, b, a], -1)),
  example('Pack', { a: [2, 3], b: [2, 3] }, ({ a, b }) => [tf.stack([a, b], 1), tf.stack([a, b], -1)]),
  example('Unpack', { x: [2, 3] }, ({ x }) => tf.unstack(x, -1)),
  example('SplitV', { x: [4, 6] }, ({ x }) => [...tf.split(x, [1, 2, 3], 1), ...tf.split(x, 2, 0)]),
  example('Slice', { x: [4, 5] }, ({ x }) => tf.slice(x, [1, 2], [2, -1])),
  example('StridedSlice', { x: [4, 6] }, ({ x }) => tf.stridedSlice(x, [1, 0], [4, 6], [2, 3])),
  example('StridedSlice backwards', { x: [4, 6] }, ({ x }) => tf.stridedSlice(x, [3, 0], [0, 6], [-1, 2])),
  example('StridedSlice with masks', { x: [4, 6, 2] }, ({ x }) => [
    tf.stridedSlice(x, [1, 0, 1], [2, 5, 2], [1, 1, 1], 2, 0, 0, 0, 4),
    tf.stridedSlice(x, [1, 3, 0], [0, 5, 2], [1, 2, 1], 2, 1),
  ]),
  example('PadV2', { x: [2, 3] }, ({ x }) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      3,
    ),
  ),
  example('MirrorPad', { x: [3, 4] }, ({ x }) =>
    (['reflect', 'symmetric'] as const).map((mode) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [2, 0],
        ],
        mode,
      ),
    ),
  ),
  example('Reverse', { x: [2, 3, 4] }, ({ x }) => tf.reverse(x, [0, -1])),
  example('GatherV2', { x: [5, 3] }, ({ x }) => [tf.gather(x, int(4, 0, 0)), tf.gather(x, int(2, 1), -1)]),
  example('GatherV2 with batch axes', { x: [2, 5, 3] }, ({ x }) =>
    tf.gather(x, tf.tensor2d([4, 0, 1, 1], [2, 2], 'int32'), 1, 1),
  ),
  example('GatherNd', { x: [5, 3] }, ({ x }) => tf.gatherND(x, tf.tensor2d([0, 1, 4, 2], [2, 2], 'int32'))),
  example('ScatterNd', { x: [3, 2] }, ({ x }) => tf.scatterND(tf.tensor2d([1, 3, 1], [3, 1], 'int32'), x, [6, 2])),
  example('TensorScatterUpdate', { x: [5, 3], u: [2, 3] }, ({ x, u }) =>
    tf.tensorScatterUpdate(x, tf.tensor2d([3, 0], [2, 1], 'int32'), u),
  ),
  example('UnsortedSegmentSum', { x: [5, 3] }, ({ x }) => tf.unsortedSegmentSum(x, int(0, 2, 0, 1, 2), 4)),
  ...[false, true].flatMap((corners) =>
    (
      [
        ['Bilinear', tf.image.resizeBilinear],
        ['NearestNeighbor', tf.image.resizeNearestNeighbor],
      ] as const
    ).map(([name, resize]) =>
      example(`Resize${name}${corners ? ', corners aligned' : ''}, and its gradient`, { x: [1, 5, 5, 2] }, ({ x }) => [
        resize(x as Four, [7, 3], corners),
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(resize(x as Four, [8, 10], corners))))(x),
      ]),
    ),
  ),
  example('CropAndResize', { x: [2, 5, 6, 2] }, ({ x }) =>
    tf.image.cropAndResize(x as Four, tf.tensor2d([0, 0, 1, 1, 0.2, 0.1, 0.7, 1.4], [2, 4]), int(0, 1), [3, 4]),
  ),
];

const REDUCTIONS: readonly OpExample[] = [
  ...['Sum', 'Mean', 'Min', 'Prod'].map((name) =>
    example(name, { x: [2, 3, 4] }, ({ x }) => [
      kernel(name, { x }, { axis: [-1], keepDims: false }),
      kernel(name, { x }, { axis: [0, 1], keepDims: true }),
    ]),
  ),
  example('Max', { x: [2, 3, 4] }, ({ x }) => [tf.max(x, -1), tf.max(x, [0, 2], true)]),
  example('Sum of truths', { x: [3, 4] }, ({ x }) => tf.sum(tf.greater(x, 0), 1)),
  example('All', { x: [6, 2] }, ({ x }) => tf.all(tf.greater(x, -0.8), 1)),
  example('Any', { x: [6, 2] }, ({ x }) => tf.any(tf.greater(x, 0.8), 1)),
  example('ArgMax', { x: [3, 5] }, ({ x }) => [tf.argMax(x, 1), tf.argMax(x, 0)]),
  example('ArgMin', { x: [3, 5] }, ({ x }) => tf.argMin(x, -1)),
  example('Cumsum', { x: [3, 5] }, ({ x }) => [tf.cumsum(x, 1), tf.cumsum(x, 1, true, true)]),
  example('Cumprod', { x: [3, 5] }, ({ x }) => [tf.cumprod(x, 1), tf.cumprod(x, 0, true, true)]),
  example('TopK', { x: [3, 5] }, ({ x }) => Object.values(tf.topk(x, 2))),
];

/** With its gradients to both inputs. */
const convolution = (name: string, shapes: Shapes, op: (x: Four, w: Four) => tf.Tensor): OpExample =>
  example(name, shapes, ({ x, w }) => [
    op(x as Four, w as Four),
    ...tf.grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.square(op(x as Four, w as Four))))([x, w]),
  ]);
const pool = (name: string, op: (x: Four) => tf.Tensor): OpExample =>
  example(name, { x: [2, 7, 6, 3] }, ({ x }) => [
    op(x as Four),
    tf.grad((x: tf.Tensor) => tf.sum(tf.square(op(x as Four))))(x),
  ]);

const NETWORK: readonly OpExample[] = [
  example('BatchMatMul', { a: [2, 3, 4], b: [2, 4, 5] }, ({ a, b }) => [
    tf.matMul(a, b),
    tf.matMul(tf.transpose(a, [0, 2, 1]), tf.transpose(b, [0, 2, 1]), true, true),
  ]),
  example('BatchMatMul, batch broadcast', { a: [1, 3, 4], b: [2, 4, 5] }, ({ a, b }) => tf.matMul(a, b)),
  example('_FusedMatMul', { a: [3, 4], b: [4, 5] }, ({ a, b }) =>
    tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: tf.ones([5]), activation: 'relu' }),
  ),
  convolution('Conv2D, same, stride 2', { x: [2, 6, 5, 3], w: [3, 3, 3, 4] }, (x, w) => tf.conv2d(x, w, 2, 'same')),
  convolution('Conv2D, padded by a number', { x: [2, 6, 6, 3], w: [3, 3, 3, 4] }, (x, w) => tf.conv2d(x, w, 2, 1)),
  convolution('Conv2D, one pixel', { x: [2, 4, 4, 3], w: [1, 1, 3, 4] }, (x, w) => tf.conv2d(x, w, 1, 'valid')),
  example('FusedConv2D', { x: [1, 5, 5, 2], w: [3, 3, 2, 4] }, ({ x, w }) =>
    tf.fused.conv2d({
      x: x as Four,
      filter: w as Four,
      strides: 1,
      pad: 'same',
      bias: tf.ones([4]),
      activation: 'relu6',
    }),
  ),
  convolution('DepthwiseConv2dNative', { x: [2, 6, 5, 4], w: [3, 3, 4, 1] }, (x, w) =>
    tf.depthwiseConv2d(x, w, 2, 'same'),
  ),
  example('DepthwiseConv2dNative, several kernels per channel', { x: [2, 5, 5, 2], w: [3, 3, 2, 3] }, ({ x, w }) =>
    tf.depthwiseConv2d(x as Four, w as Four, 1, 'valid'),
  ),
  example('FusedDepthwiseConv2D', { x: [1, 5, 5, 2], w: [3, 3, 2, 1] }, ({ x, w }) =>
    tf.fused.depthwiseConv2d({ x: x as Four, filter: w as Four, strides: 1, pad: 'same', activation: 'relu' }),
  ),
  pool('MaxPool', (x) => tf.maxPool(x, 2, 2, 'valid')),
  // without its gradient, because tfjs's own ignores how the size was rounded
  example('MaxPool, rounded up', { x: [2, 7, 5, 3] }, ({ x }) => tf.maxPool(x as Four, 2, 2, 0, 'ceil')),
  pool('MaxPool, same', (x) => tf.maxPool(x, 3, 2, 'same')),
  pool('AvgPool', (x) => tf.avgPool(x, 2, 2, 'valid')),
  example('AvgPool, same', { x: [2, 7, 6, 3] }, ({ x }) => tf.avgPool(x as Four, 3, 2, 'same')),
  example('FusedBatchNorm', { x: [2, 3, 3, 4], m: [4], v: [4], s: [4] }, ({ x, m, v, s }) => [
    tf.batchNorm(x, m as tf.Tensor1D, positive(v) as tf.Tensor1D, m as tf.Tensor1D, s as tf.Tensor1D),
    tf.batchNorm(x, m as tf.Tensor1D, positive(v) as tf.Tensor1D),
  ]),
];

const LABELS = [2, 0, 3, 2];
/** Gradient of a weighted sum, because that of a plain sum is zero for some ops. */
const weighted = (y: tf.Tensor): tf.Tensor =>
  tf.sum(
    tf.mul(
      y,
      tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => Math.sin(i)),
        y.shape,
      ),
    ),
  );
const slopes = (f: (...values: tf.Tensor[]) => tf.Tensor, values: tf.Tensor[]): tf.Tensor[] =>
  tf.grads((...given: tf.Tensor[]) => weighted(f(...given)))(values);

const TRAINING: readonly OpExample[] = [
  ...[
    [6, 4],
    [3, 2, 2, 4],
  ].map((shape) =>
    example(
      `FacewrightBatchNormTraining of rank ${shape.length}, and its gradient`,
      { x: shape, g: [4], b: [4] },
      ({ x, g, b }) => {
        const norm = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor) =>
          batchNormTraining(x, g as tf.Tensor1D, b as tf.Tensor1D, 1e-3);
        const { y, mean, variance } = norm(x, g, b);
        return [y, mean, variance, ...slopes((...v) => norm(v[0], v[1], v[2]).y, [x, g, b])];
      },
    ),
  ),
  example('FacewrightPreluGradient', { x: [2, 3, 3, 4], a: [4] }, ({ x, a }) =>
    slopes((x, a) => prelu(x, a as tf.Tensor1D), [x, a]),
  ),
  example('FacewrightSoftmaxCrossEntropy, and its gradient', { z: [4, 5] }, ({ z }) => {
    const loss = (z: tf.Tensor): tf.Tensor => softmaxCrossEntropy(z as tf.Tensor2D, int(...LABELS));
    return [loss(z), ...slopes(loss, [z])];
  }),
  example('FacewrightTargetEntry, and its gradient', { z: [4, 5] }, ({ z }) => {
    const entry = (z: tf.Tensor): tf.Tensor => targetEntry(z as tf.Tensor2D, int(...LABELS));
    return [entry(z), ...slopes(entry, [z])];
  }),
  example('FacewrightAddToTarget, and its gradient', { z: [4, 5], s: [4, 1] }, ({ z, s }) => {
    const added = (z: tf.Tensor, s: tf.Tensor): tf.Tensor => addToTarget(z as tf.Tensor2D, int(...LABELS), s);
    return [added(z, s), ...slopes(added, [z, s])];
  }),
];

export const OP_EXAMPLES: readonly OpExample[] = [...VALUES, ...SHAPES, ...REDUCTIONS, ...NETWORK, ...TRAINING];
