/** Core's named training ops in standard ONNX. The formulas are in core's `ops`. */
import { attributesOf, inputOf, type GraphNode, type Value } from '@facewright/capture';
import {
  ADD_TO_TARGET,
  BATCH_NORM_TRAINING,
  BATCH_NORM_TRAINING_GRADIENT,
  PRELU_GRADIENT,
  SOFTMAX_CROSS_ENTROPY,
  SOFTMAX_CROSS_ENTROPY_GRADIENT,
  TARGET_ENTRY,
} from '@facewright/core';
import { int, text } from '../../onnx/builder.js';
import type { Emitter, Layout, Lowering } from '../context.js';
import { castTo } from './elementwise.js';

/** How to process a value channel by channel: in nchw for images, else over all axes but the last. */
function byChannel(
  lowering: Lowering,
  x: Value,
): { layout: Layout; sum(name: string): string; vector(name: string): string; count: number } {
  const { onnx } = lowering;
  const image = x.shape.length === 4;
  const channels = x.shape[x.shape.length - 1];
  const axes = image ? [0, 2, 3] : x.shape.slice(0, -1).map((_, axis) => axis);
  return {
    layout: image ? 'nchw' : 'plain',
    sum: (name) => onnx.op('ReduceSum', [name, onnx.integers(...axes)], { keepdims: int(0) }),
    vector: (name) => (image ? lowering.reshape(name, [channels, 1, 1]) : name),
    count: x.shape.slice(0, -1).reduce((product, side) => product * side, 1),
  };
}

function inverseDeviation({ onnx }: Lowering, variance: string, node: GraphNode): string {
  return onnx.op('Reciprocal', [
    onnx.op('Sqrt', [
      onnx.op('Add', [
        variance,
        onnx.scalar(attributesOf(node, BATCH_NORM_TRAINING, BATCH_NORM_TRAINING_GRADIENT).epsilon),
      ]),
    ]),
  ]);
}

const batchNorm: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, gamma, beta] = ['x', 'gamma', 'beta'].map((name) => inputOf(node, name));
  const { layout, sum, vector, count } = byChannel(lowering, x);
  const source = lowering.get(x, layout);
  const share = onnx.scalar(1 / count);
  const mean = onnx.op('Mul', [sum(source), share]);
  const centred = onnx.op('Sub', [source, vector(mean)]);
  const variance = onnx.op('Mul', [sum(onnx.op('Mul', [centred, centred])), share]);
  const scale = onnx.op('Mul', [lowering.plain(gamma), inverseDeviation(lowering, variance, node)]);
  lowering.set(
    node.outputs[0],
    layout,
    onnx.op('Add', [onnx.op('Mul', [centred, vector(scale)]), vector(lowering.plain(beta))]),
  );
  lowering.set(node.outputs[1], 'plain', mean);
  lowering.set(node.outputs[2], 'plain', variance);
};

const batchNormGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, gamma, mean, variance, dy] = ['x', 'gamma', 'mean', 'variance', 'dy'].map((name) => inputOf(node, name));
  const { layout, sum, vector, count } = byChannel(lowering, x);
  const share = onnx.scalar(1 / count);
  const inverse = inverseDeviation(lowering, lowering.plain(variance), node);
  const gradient = lowering.get(dy, layout);
  const normalised = onnx.op('Mul', [
    onnx.op('Sub', [lowering.get(x, layout), vector(lowering.plain(mean))]),
    vector(inverse),
  ]);
  const dBeta = sum(gradient);
  const dGamma = sum(onnx.op('Mul', [gradient, normalised]));
  const part = onnx.op('Mul', [normalised, vector(onnx.op('Mul', [dGamma, share]))]);
  const centred = onnx.op('Sub', [onnx.op('Sub', [gradient, vector(onnx.op('Mul', [dBeta, share]))]), part]);
  lowering.set(
    node.outputs[0],
    layout,
    onnx.op('Mul', [centred, vector(onnx.op('Mul', [lowering.plain(gamma), inverse]))]),
  );
  lowering.set(node.outputs[1], 'plain', dGamma);
  lowering.set(node.outputs[2], 'plain', dBeta);
};

const preluGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, alpha, dy] = ['x', 'alpha', 'dy'].map((name) => inputOf(node, name));
  const { layout, sum, vector } = byChannel(lowering, x);
  const [source, gradient] = [lowering.get(x, layout), lowering.get(dy, layout)];
  const zero = onnx.scalar(0);
  const sloped = onnx.op('Mul', [gradient, vector(lowering.plain(alpha))]);
  lowering.set(
    node.outputs[0],
    layout,
    onnx.op('Where', [onnx.op('GreaterOrEqual', [source, zero]), gradient, sloped]),
  );
  lowering.set(node.outputs[1], 'plain', sum(onnx.op('Mul', [gradient, onnx.op('Min', [source, zero])])));
};

/** Labels as an int64 column that selects one entry of each row. */
const column = (lowering: Lowering, labels: Value): string =>
  lowering.onnx.op('Unsqueeze', [castTo(lowering.onnx, lowering.plain(labels), 'int64'), lowering.onnx.integers(1)]);

const addAt = (lowering: Lowering, x: string, labels: Value, shift: string): string =>
  lowering.onnx.op('ScatterElements', [x, column(lowering, labels), shift], { axis: int(1), reduction: text('add') });

const crossEntropy: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [logits, labels] = ['logits', 'labels'].map((name) => inputOf(node, name));
  const logarithms = onnx.op('LogSoftmax', [lowering.plain(logits)], { axis: int(1) });
  const picked = onnx.op('GatherElements', [logarithms, column(lowering, labels)], { axis: int(1) });
  lowering.set(
    node.outputs[0],
    'plain',
    onnx.op('Sub', [onnx.scalar(0), onnx.op('Squeeze', [picked, onnx.integers(1)])]),
  );
};

const crossEntropyGradient: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [logits, labels, dy] = ['logits', 'labels', 'dy'].map((name) => inputOf(node, name));
  const probabilities = onnx.op('Softmax', [lowering.plain(logits)], { axis: int(1) });
  const difference = addAt(
    lowering,
    probabilities,
    labels,
    onnx.constant(new Float32Array(labels.shape[0]).fill(-1), [labels.shape[0], 1]),
  );
  lowering.set(
    node.outputs[0],
    'plain',
    onnx.op('Mul', [difference, onnx.op('Unsqueeze', [lowering.plain(dy), onnx.integers(1)])]),
  );
};

const targetEntry: Emitter = (lowering, node) => {
  const [x, labels] = ['x', 'labels'].map((name) => inputOf(node, name));
  lowering.set(
    node.outputs[0],
    'plain',
    lowering.onnx.op('GatherElements', [lowering.plain(x), column(lowering, labels)], { axis: int(1) }),
  );
};

const addToTarget: Emitter = (lowering, node) => {
  const [x, labels, shift] = ['x', 'labels', 'shift'].map((name) => inputOf(node, name));
  lowering.set(node.outputs[0], 'plain', addAt(lowering, lowering.plain(x), labels, lowering.plain(shift)));
};

export const training: Readonly<Record<string, Emitter>> = {
  [BATCH_NORM_TRAINING]: batchNorm,
  [BATCH_NORM_TRAINING_GRADIENT]: batchNormGradient,
  [PRELU_GRADIENT]: preluGradient,
  [SOFTMAX_CROSS_ENTROPY]: crossEntropy,
  [SOFTMAX_CROSS_ENTROPY_GRADIENT]: crossEntropyGradient,
  [TARGET_ENTRY]: targetEntry,
  [ADD_TO_TARGET]: addToTarget,
};
