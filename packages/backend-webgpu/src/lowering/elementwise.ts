/** Elementwise kernels, with broadcasting. */
import { attributesOf, inputOf } from '@facewright/capture';
import { literal } from '../program/code.js';
import type { Kind, Tensor } from '../program/node.js';
import { sizeOf } from '../program/views.js';
import { cast, filled, gap, kindOf, map, type Inputs, type Lowering, type Lowerings } from './context.js';

/** The only input, whatever its name. */
const only = (inputs: Inputs): Tensor => inputs.x ?? Object.values(inputs)[0];
const truth = (condition: string): string => `select(0i, 1i, ${condition})`;

const unary =
  (f: (x: string) => string, cost = 1): Lowering =>
  (inputs) =>
    map(only(inputs).shape, only(inputs).node.kind, [only(inputs)], cost, f);
/** On floats, whatever the input dtype. */
const ofFloat =
  (f: (x: string) => string, cost = 4): Lowering =>
  (inputs) => {
    const x = cast(only(inputs), 'f32');
    return map(x.shape, 'f32', [x], cost, f);
  };
const test =
  (f: (x: string) => string): Lowering =>
  (inputs) =>
    map(only(inputs).shape, 'i32', [only(inputs)], 1, (x) => truth(f(x)));

const binary =
  (f: (a: string, b: string) => string, cost = 1): Lowering =>
  ({ a, b }, { outputs }) =>
    map(outputs[0].shape, a.node.kind, [a, cast(b, a.node.kind)], cost, f);
const compare =
  (operator: string): Lowering =>
  ({ a, b }, { outputs }) =>
    map(outputs[0].shape, 'i32', [a, cast(b, a.node.kind)], 1, (x, y) => truth(`${x} ${operator} ${y}`));
const logical =
  (operator: string): Lowering =>
  ({ a, b }, { outputs }) =>
    map(outputs[0].shape, 'i32', [a, b], 1, (x, y) => truth(`(${x} != 0i) ${operator} (${y} != 0i)`));

/** Uses bits, because compilers may assume that floats are finite. */
const EXPONENT = '0x7f800000u';
const bits = (x: string): string => `(bitcast<u32>(${x}) & 0x7fffffffu)`;

const zero = (kind: Kind): string => literal(0, kind);
const filledLike =
  (value: number): Lowering =>
  (inputs, { outputs }) =>
    filled(outputs[0].shape, value, only(inputs).node.kind);

export const elementwiseLowerings: Lowerings = {
  Abs: unary((x) => `abs(${x})`),
  Ceil: unary((x) => `ceil(${x})`),
  Floor: unary((x) => `floor(${x})`),
  Round: unary((x) => `round(${x})`),
  Sign: unary((x) => `sign(${x})`),
  Neg: unary((x) => `-(${x})`),
  Square: unary((x) => `${x} * ${x}`),
  Relu: (inputs) =>
    map(inputs.x.shape, inputs.x.node.kind, [inputs.x], 1, (x) => `max(${x}, ${zero(inputs.x.node.kind)})`),
  Relu6: ofFloat((x) => `clamp(${x}, 0.0, 6.0)`, 1),
  ClipByValue: ({ x }, node) => {
    const { clipValueMin, clipValueMax } = attributesOf(node, 'ClipByValue');
    const [low, high] = [clipValueMin, clipValueMax].map((value) => literal(value, x.node.kind));
    return map(x.shape, x.node.kind, [x], 1, (value) => `clamp(${value}, ${low}, ${high})`);
  },
  Step: ({ x }, node) =>
    map(
      x.shape,
      x.node.kind,
      [x],
      1,
      (value) =>
        `select(${literal(attributesOf(node, 'Step').alpha, x.node.kind)}, ${literal(1, x.node.kind)}, ${value} > ${zero(x.node.kind)})`,
    ),
  Elu: ofFloat((x) => `select(exp(${x}) - 1.0, ${x}, ${x} >= 0.0)`),
  LeakyRelu: ({ x }, node) =>
    map(
      x.shape,
      'f32',
      [cast(x, 'f32')],
      1,
      (value) => `select(${literal(attributesOf(node, 'LeakyRelu').alpha)} * ${value}, ${value}, ${value} > 0.0)`,
    ),
  Prelu: ({ x, alpha }, { outputs }) =>
    map(
      outputs[0].shape,
      'f32',
      [x, alpha],
      2,
      (value, slope) => `select(${slope} * ${value}, ${value}, ${value} >= 0.0)`,
    ),
  Exp: ofFloat((x) => `exp(${x})`),
  Log: ofFloat((x) => `log(${x})`),
  Sqrt: ofFloat((x) => `sqrt(${x})`, 2),
  Rsqrt: ofFloat((x) => `inverseSqrt(${x})`, 2),
  Reciprocal: ofFloat((x) => `1.0 / ${x}`, 2),
  Sin: ofFloat((x) => `sin(${x})`, 6),
  Cos: ofFloat((x) => `cos(${x})`, 6),
  Tan: ofFloat((x) => `tan(${x})`, 8),
  Asin: ofFloat((x) => `asin(${x})`, 8),
  Acos: ofFloat((x) => `acos(${x})`, 8),
  Atan: ofFloat((x) => `atan(${x})`, 8),
  Atan2: ({ a, b }, { outputs }) =>
    map(outputs[0].shape, 'f32', [cast(a, 'f32'), cast(b, 'f32')], 10, (y, x) => `atan2(${y}, ${x})`),
  Sigmoid: ofFloat((x) => `1.0 / (1.0 + exp(-(${x})))`, 6),
  Tanh: ofFloat((x) => `tanh(clamp(${x}, -15.0, 15.0))`, 6),
  Softplus: ofFloat((x) => `max(${x}, 0.0) + log(1.0 + exp(-abs(${x})))`, 8),
  IsNan: test((x) => `${bits(x)} > ${EXPONENT}`),
  IsInf: test((x) => `${bits(x)} == ${EXPONENT}`),
  IsFinite: test((x) => `${bits(x)} < ${EXPONENT}`),
  LogicalNot: test((x) => `${x} == 0i`),
  Add: binary((a, b) => `${a} + ${b}`),
  Sub: binary((a, b) => `${a} - ${b}`),
  Multiply: binary((a, b) => `${a} * ${b}`),
  Maximum: binary((a, b) => `max(${a}, ${b})`),
  Minimum: binary((a, b) => `min(${a}, ${b})`),
  SquaredDifference: binary((a, b) => `(${a} - ${b}) * (${a} - ${b})`, 2),
  RealDiv: ({ a, b }, { outputs }) =>
    map(outputs[0].shape, 'f32', [cast(a, 'f32'), cast(b, 'f32')], 2, (x, y) => `${x} / ${y}`),
  Pow: ({ a, b }, node, context) => {
    if (a.node.kind !== 'f32') throw gap('Pow of integers');
    const { shape } = node.outputs[0];
    const exponent = context.constantOf(inputOf(node, 'b'));
    if (exponent !== undefined && Number.isInteger(exponent) && exponent >= 1 && exponent <= 4)
      return map(shape, 'f32', [a], exponent, (x) => Array<string>(exponent).fill(x).join(' * '));
    return map(shape, 'f32', [a, cast(b, 'f32')], 10, power);
  },
  Equal: compare('=='),
  NotEqual: compare('!='),
  Greater: compare('>'),
  GreaterEqual: compare('>='),
  Less: compare('<'),
  LessEqual: compare('<='),
  LogicalAnd: logical('&&'),
  LogicalOr: logical('||'),
  AddN: (inputs, { outputs }) => sumOf(Object.values(inputs), outputs[0].shape),
  Cast: ({ x }, node) => {
    const { dtype } = attributesOf(node, 'Cast');
    if (dtype === 'bool') return map(x.shape, 'i32', [x], 1, (value) => truth(`${value} != ${zero(x.node.kind)}`));
    return cast(x, kindOf(dtype));
  },
  EluGrad: ({ dy, y }) =>
    map(
      dy.shape,
      'f32',
      [dy, y],
      2,
      (slope, value) => `select(${slope} * (${value} + 1.0), ${slope}, ${value} >= 0.0)`,
    ),
  Select: ({ condition, t, e }) => {
    const whole = sizeOf(condition.shape) === sizeOf(t.shape);
    // one condition per row
    const choice = whole
      ? condition
      : { node: condition.node, shape: [...condition.shape, ...t.shape.slice(condition.shape.length).map(() => 1)] };
    return map(t.shape, t.node.kind, [choice, t, e], 1, (c, yes, no) => `select(${no}, ${yes}, ${c} != 0i)`);
  },
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
  Fill: (_, { outputs, attrs }) => filled(outputs[0].shape, Number(attrs.value), kindOf(outputs[0].dtype)),
};

/**
 * Like other libraries: a negative base has a value only for integer exponents, and anything to the power of 0 is 1.
 * WGSL's own `pow` does not accept negative bases.
 */
function power(a: string, b: string): string {
  const magnitude = `pow(abs(${a}), ${b})`;
  const signed = `select(${magnitude}, -${magnitude}, abs(${b}) % 2.0 == 1.0)`;
  const ofNegative = `select(${signed}, bitcast<f32>(select(0u, 0x7fc00000u, ${b} != floor(${b}))), ${b} != floor(${b}))`;
  return `select(select(${magnitude}, ${ofNegative}, ${a} < 0.0), 1.0, ${b} == 0.0)`;
}

/** Many summands as a tree, because a kernel has few buffers. */
function sumOf(terms: readonly Tensor[], shape: readonly number[]): Tensor {
  const AT_ONCE = 6;
  if (terms.length <= AT_ONCE)
    return map(shape, terms[0].node.kind, terms, terms.length, (...values) => values.join(' + '));
  const partial = Array.from({ length: Math.ceil(terms.length / AT_ONCE) }, (_, i) =>
    sumOf(terms.slice(i * AT_ONCE, (i + 1) * AT_ONCE), shape),
  );
  return sumOf(partial, shape);
}
