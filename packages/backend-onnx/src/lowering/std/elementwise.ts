/** Elementwise ops in standard ONNX. They keep the layout of their operands. */
import { attributesOf, inputOf, sizeOf, type GraphNode, type Value } from '@facewright/capture';
import { float, int, ints, type OnnxBuilder } from '../../onnx/builder.js';
import { DATA_TYPE, type OnnxAttribute } from '../../onnx/encode.js';
import { isChannelVector, type Emitter, type Lowering } from '../context.js';

type Compute = (onnx: OnnxBuilder, operands: readonly string[], node: GraphNode) => string;

/** All inputs, broadcast against each other, in the best common layout. */
const valueByValue =
  (compute: Compute): Emitter =>
  (lowering, node) => {
    const [output] = node.outputs;
    const layout = lowering.common(node.inputs, output.shape);
    const operands = node.inputs.map((input) => lowering.operand(input, output.shape, layout));
    lowering.set(output, layout, compute(lowering.onnx, operands, node));
  };

const direct = (op: string, attributes: Readonly<Record<string, OnnxAttribute>> = {}): Emitter =>
  valueByValue((onnx, operands) => onnx.op(op, operands, attributes));

const DIRECT: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Elu: 'Elu',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Identity: 'Identity',
  IsInf: 'IsInf',
  IsNan: 'IsNaN',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  Maximum: 'Max',
  Minimum: 'Min',
  Pow: 'Pow',
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

const floats = (onnx: OnnxBuilder, name: string, value: Value): string =>
  value.dtype === 'float32' ? name : castTo(onnx, name, 'float32');
export const castTo = (onnx: OnnxBuilder, name: string, type: keyof typeof DATA_TYPE): string =>
  onnx.op('Cast', [name], { to: int(DATA_TYPE[type]) });

const quotient: Compute = (onnx, [a, b], node) =>
  onnx.op('Div', [floats(onnx, a, node.inputs[0]), floats(onnx, b, node.inputs[1])]);

/** A number of channels that forms whole blocks on any processor. */
const WHOLE_BLOCKS = 16;

/**
 * On images, each product with a number per channel is a depthwise 1×1 convolution: onnxruntime keeps these in its blocked
 * layout like the convolutions around them, while its PRelu is slow and needs two reorderings. With slopes α ≤ 1 it is
 * α·x + max((1 − α)·x, 0), with others x + (1 − α)·max(−x, 0): two convolutions each, with which onnxruntime fuses the
 * maximum and the sum.
 */
const prelu: Emitter = (lowering, node) => {
  const { onnx } = lowering;
  const [x, alpha] = ['x', 'alpha'].map((name) => inputOf(node, name));
  const channels = x.shape[x.shape.length - 1];
  if (
    (lowering.target.publication && lowering.target.publication.prelu !== 'convolutions') ||
    !lowering.has(x, 'nchw') ||
    channels % WHOLE_BLOCKS !== 0 ||
    !isChannelVector(alpha, channels)
  ) {
    direct('PRelu')(lowering, node);
    return;
  }
  const slope = lowering.reshape(lowering.plain(alpha), [channels, 1, 1, 1]);
  const scaled = (name: string, scale: string): string =>
    onnx.op('Conv', [name, scale], { kernel_shape: ints(1, 1), group: int(channels) });
  const image = lowering.get(x, 'nchw');
  const known = onnx.weights(lowering.plain(alpha));
  const rest = known
    ? onnx.constant(
        known.map((value) => 1 - value),
        [channels, 1, 1, 1],
      )
    : onnx.op('Sub', [onnx.scalar(1), slope]);
  const bent = (): string[] => {
    if (known?.every((value) => value <= 1)) return [onnx.op('Relu', [scaled(image, rest)]), scaled(image, slope)];
    const minus = onnx.constant(new Float32Array(channels).fill(-1), [channels, 1, 1, 1]);
    return [scaled(onnx.op('Relu', [scaled(image, minus)]), rest), image];
  };
  lowering.set(node.outputs[0], 'nchw', onnx.op('Add', bent()));
};

/** atan2(y, x) from atan(y / x), with C's signs for zeros and infinities. */
function angle(onnx: OnnxBuilder, y: string, x: string): string {
  const zero = onnx.scalar(0);
  const isZero = (value: string): string => onnx.op('Equal', [value, zero]);
  // below zero, including −0
  const negative = (value: string): string =>
    onnx.op('Or', [
      onnx.op('Less', [value, zero]),
      onnx.op('And', [isZero(value), onnx.op('Less', [onnx.op('Reciprocal', [value]), zero])]),
    ]);
  const withSignOfY = (size: number): string => onnx.op('Where', [negative(y), onnx.scalar(-size), onnx.scalar(size)]);
  const bothInfinite = onnx.op('And', [onnx.op('IsInf', [x]), onnx.op('IsInf', [y])]);
  const bothZero = onnx.op('And', [isZero(x), isZero(y)]);
  const slope = onnx.op('Where', [
    bothInfinite,
    onnx.op('Mul', [onnx.op('Sign', [x]), onnx.op('Sign', [y])]),
    onnx.op('Div', [y, onnx.op('Where', [bothZero, onnx.scalar(1), x])]),
  ]);
  const right = onnx.op('Where', [bothZero, withSignOfY(0), onnx.op('Atan', [slope])]);
  const left = onnx.op('Where', [
    bothZero,
    withSignOfY(Math.PI),
    onnx.op('Add', [onnx.op('Atan', [slope]), withSignOfY(Math.PI)]),
  ]);
  // on the vertical axis, y / ±0 gets the sign of the zero too
  const upright = onnx.op('And', [isZero(x), onnx.op('Not', [isZero(y)])]);
  return onnx.op('Where', [upright, withSignOfY(Math.PI / 2), onnx.op('Where', [negative(x), left, right])]);
}

export const elementwise: Readonly<Record<string, Emitter>> = {
  ...Object.fromEntries(Object.entries(DIRECT).map(([op, onnxOp]) => [op, direct(onnxOp)])),
  Selu: direct('Selu'),
  Prelu: prelu,
  Square: valueByValue((onnx, [x]) => onnx.op('Mul', [x, x])),
  Rsqrt: valueByValue((onnx, [x]) => onnx.op('Reciprocal', [onnx.op('Sqrt', [x])])),
  Expm1: valueByValue((onnx, [x]) => onnx.op('Sub', [onnx.op('Exp', [x]), onnx.scalar(1)])),
  Log1p: valueByValue((onnx, [x]) => onnx.op('Log', [onnx.op('Add', [x, onnx.scalar(1)])])),
  IsFinite: valueByValue((onnx, [x]) =>
    onnx.op('Not', [onnx.op('Or', [onnx.op('IsInf', [x]), onnx.op('IsNaN', [x])])]),
  ),
  LeakyRelu: valueByValue((onnx, [x], node) =>
    onnx.op('LeakyRelu', [x], { alpha: float(attributesOf(node, 'LeakyRelu').alpha) }),
  ),
  Relu6: valueByValue((onnx, [x]) => onnx.op('Clip', [x, onnx.scalar(0), onnx.scalar(6)])),
  ClipByValue: valueByValue((onnx, [x], node) => {
    const { clipValueMin, clipValueMax } = attributesOf(node, 'ClipByValue');
    return onnx.op('Clip', [x, onnx.scalar(clipValueMin), onnx.scalar(clipValueMax)]);
  }),
  Step: valueByValue((onnx, [x], node) =>
    onnx.op('Where', [
      onnx.op('Greater', [x, onnx.scalar(0)]),
      onnx.scalar(1),
      onnx.scalar(attributesOf(node, 'Step').alpha),
    ]),
  ),
  Cast: valueByValue((onnx, [x], node) => castTo(onnx, x, attributesOf(node, 'Cast').dtype)),
  NotEqual: valueByValue((onnx, operands) => onnx.op('Not', [onnx.op('Equal', operands)])),
  SquaredDifference: valueByValue((onnx, operands) => {
    const difference = onnx.op('Sub', operands);
    return onnx.op('Mul', [difference, difference]);
  }),
  AddN: valueByValue((onnx, operands) => operands.reduce((sum, next) => onnx.op('Add', [sum, next]))),
  RealDiv: valueByValue(quotient),
  FloorDiv: valueByValue((onnx, operands, node) =>
    castTo(onnx, onnx.op('Floor', [quotient(onnx, operands, node)]), 'int32'),
  ),
  // the result has the sign of the divisor
  Mod: valueByValue((onnx, [a, b], node) => {
    const floor = onnx.op('Floor', [quotient(onnx, [a, b], node)]);
    const rest = onnx.op('Sub', [
      floats(onnx, a, node.inputs[0]),
      onnx.op('Mul', [floor, floats(onnx, b, node.inputs[1])]),
    ]);
    return node.outputs[0].dtype === 'float32' ? rest : castTo(onnx, rest, 'int32');
  }),
  Atan2: valueByValue((onnx, [a, b], node) =>
    angle(onnx, floats(onnx, a, node.inputs[0]), floats(onnx, b, node.inputs[1])),
  ),
  EluGrad: (lowering, node) => {
    const onnx = lowering.onnx;
    const [dy, y] = ['dy', 'y'].map((name) => lowering.plain(inputOf(node, name)));
    const below = onnx.op('Mul', [dy, onnx.op('Add', [y, onnx.scalar(1)])]);
    lowering.set(
      node.outputs[0],
      'plain',
      onnx.op('Where', [onnx.op('GreaterOrEqual', [y, onnx.scalar(0)]), dy, below]),
    );
  },
  Select: (lowering, node) => {
    const [condition, t, e] = ['condition', 't', 'e'].map((name) => inputOf(node, name));
    const [output] = node.outputs;
    // a condition of rank 1 selects whole rows
    const rows = condition.shape.length === 1 && output.shape.length > 1;
    const layout =
      rows || sizeOf(condition) !== sizeOf(output) ? 'plain' : lowering.common([condition, t, e], output.shape);
    const chosen = rows
      ? lowering.reshape(
          lowering.plain(condition),
          [output.shape[0], ...output.shape.slice(1).map(() => 1)],
          condition.shape,
        )
      : lowering.operand(condition, output.shape, layout);
    lowering.set(
      output,
      layout,
      lowering.onnx.op('Where', [
        chosen,
        lowering.operand(t, output.shape, layout),
        lowering.operand(e, output.shape, layout),
      ]),
    );
  },
  ZerosLike: (lowering, node) => constantLike(lowering, node, 0),
  OnesLike: (lowering, node) => constantLike(lowering, node, 1),
};

function constantLike(lowering: Lowering, node: GraphNode, number: number): void {
  const { onnx } = lowering;
  const [output] = node.outputs;
  const like = lowering.common(node.inputs, output.shape);
  const filled = onnx.op('Expand', [onnx.scalar(number), onnx.op('Shape', [lowering.get(node.inputs[0], like)])]);
  lowering.set(output, like, output.dtype === 'float32' ? filled : castTo(onnx, filled, output.dtype));
}
