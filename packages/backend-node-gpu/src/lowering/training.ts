/** The training ops named in core, as TensorFlow ops. */
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import { bool, float, int } from '../runtime/attributes.js';
import { cast } from './cast.js';
import {
  reshaped,
  scalarOf,
  sizeOf,
  vectorOf,
  type Emitter,
  type Lowerings,
  type Operand,
  type Ref,
} from './lowering.js';

/** In the image shape that TensorFlow's batch norm expects. */
const rowsOf = ({ shape }: Operand): number => sizeOf(shape) / shape[shape.length - 1];
const asImages = (emit: Emitter, x: Operand, like = x): Ref =>
  x.shape.length === 4 ? x.ref : reshaped(emit, x.ref, [rowsOf(like), 1, 1, like.shape[like.shape.length - 1]]);
const leadingAxes = ({ shape }: Operand): number[] => shape.slice(0, -1).map((_, axis) => axis);

/** (i, label_i) for each row, [n, 2]. */
const places = (emit: Emitter, { ref, shape: [n] }: Operand): Ref =>
  emit.op(
    'Pack',
    [
      [
        emit.constant(
          Int32Array.from({ length: n }, (_, i) => i),
          [n],
          'int32',
        ),
        ref,
      ],
    ],
    { axis: int(1) },
  );

export const trainingLowerings: Lowerings = {
  [BATCH_NORM_TRAINING]: ({ x, gamma, beta }, { epsilon }, emit) => {
    const rows = rowsOf(x);
    const none = emit.constant(new Float32Array(0), [0], 'float32');
    const [y, mean, unbiased] = emit.ops(
      'FusedBatchNormV3',
      [asImages(emit, x), gamma.ref, beta.ref, none, none],
      { epsilon: float(epsilon), is_training: bool(true) },
      6,
    );
    // TensorFlow returns Σ(x − μ)²/(n − 1), for running statistics
    return [
      x.shape.length === 4 ? y : reshaped(emit, y, x.shape),
      mean,
      emit.op('Mul', [unbiased, scalarOf(emit, Math.max(1, rows - 1) / rows)]),
    ];
  },
  [BATCH_NORM_TRAINING_GRADIENT]: ({ x, gamma, mean, variance, dy }, { epsilon }, emit) => {
    const none = emit.constant(new Float32Array(0), [0], 'float32');
    // what the forward op saves for its gradient: the variance on a CPU, 1/√(σ² + ε) with cuDNN
    const kept = emit.gpu
      ? emit.op('Rsqrt', [emit.op('AddV2', [variance.ref, scalarOf(emit, epsilon)])])
      : variance.ref;
    const [dx, dGamma, dBeta] = emit.ops(
      'FusedBatchNormGradV3',
      [asImages(emit, dy, x), asImages(emit, x), gamma.ref, mean.ref, kept, none],
      { epsilon: float(epsilon), is_training: bool(true) },
      5,
    );
    return [x.shape.length === 4 ? dx : reshaped(emit, dx, x.shape), dGamma, dBeta];
  },
  [PRELU_GRADIENT]: ({ x, alpha, dy }, _, emit) => {
    // the sum stays outside, because TensorFlow's own is several times as fast as XLA's over leading axes
    const [dx, products] = emit.fused('prelu_gradient', [x, alpha, dy], ([value, slope, above], body) => {
      const zero = scalarOf(body, 0, x.dtype);
      return [
        body.op('SelectV2', [body.op('GreaterEqual', [value, zero]), above, body.op('Mul', [above, slope])]),
        body.op('Mul', [above, body.op('Minimum', [value, zero])]),
      ];
    });
    const sum = emit.op('Sum', [products, vectorOf(emit, leadingAxes(x))], { keep_dims: bool(false) });
    return [dx, cast(emit, { ref: sum, shape: alpha.shape, dtype: x.dtype }, 'float32')];
  },
  [SOFTMAX_CROSS_ENTROPY]: ({ logits, labels }, _, emit) =>
    emit.ops('SparseSoftmaxCrossEntropyWithLogits', [logits.ref, labels.ref], {}, 2)[0],
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: ({ logits, labels, dy }, _, emit) => {
    // the op computes softmax − onehot along with the loss
    const slope = emit.ops('SparseSoftmaxCrossEntropyWithLogits', [logits.ref, labels.ref], {}, 2)[1];
    return emit.op('Mul', [slope, emit.op('ExpandDims', [dy.ref, scalarOf(emit, 1, 'int32')])]);
  },
  [TARGET_ENTRY]: ({ x, labels }, _, emit) =>
    reshaped(emit, emit.op('GatherNd', [x.ref, places(emit, labels)]), [labels.shape[0], 1]),
  [ADD_TO_TARGET]: ({ x, labels, shift }, _, emit) =>
    emit.op('TensorScatterAdd', [x.ref, places(emit, labels), reshaped(emit, shift.ref, [labels.shape[0]])]),
};
