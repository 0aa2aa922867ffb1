/** Elementwise kernels, with broadcasting. */
import type { Builder } from '../hlo/builder.js';
import { isFloat, sizeOf, type Hlo } from '../hlo/value.js';
import {
  floats,
  full,
  listed,
  loweringsOf,
  only,
  type Kernel,
  type Lowerings,
  type PlainLowering,
} from './lowering.js';

/** By op. */
type Table<Entry> = Parameters<typeof loweringsOf<Entry>>[0];
type Direction = Parameters<Builder['compare']>[0];

const unary =
  (name: string): PlainLowering =>
  ({ hlo, inputs }) =>
    hlo.unary(name, only(inputs));
/** tfjs returns floats for these, even for integers. */
const ofFloats =
  (name: string): PlainLowering =>
  ({ hlo, inputs }) =>
    hlo.unary(name, floats(hlo, only(inputs)));
/** Integers are unchanged. */
const toWhole =
  (name: string): PlainLowering =>
  ({ hlo, inputs }) =>
    isFloat(only(inputs).type) ? hlo.unary(name, only(inputs)) : only(inputs);

/** Both operands in the output's shape and in a's type, as in tfjs. */
function operands({ hlo, inputs: { a, b }, shape }: Kernel): [Hlo, Hlo] {
  return [hlo.spread(a, shape), hlo.spread(hlo.convert(b, a.type), shape)];
}
const binary =
  (combine: (hlo: Builder, a: Hlo, b: Hlo) => Hlo): PlainLowering =>
  (kernel) =>
    combine(kernel.hlo, ...operands(kernel));
const named = (name: string): PlainLowering => binary((hlo, a, b) => hlo.binary(name, a, b));

const comparison =
  (direction: Direction): PlainLowering =>
  (kernel) =>
    kernel.hlo.compare(direction, ...operands(kernel));
const logical =
  (name: string): PlainLowering =>
  ({ hlo, inputs: { a, b }, shape }) =>
    hlo.binary(name, hlo.spread(hlo.convert(a, 'i1'), shape), hlo.spread(hlo.convert(b, 'i1'), shape));

/** A function of floats. */
const f =
  (compute: (hlo: Builder, x: Hlo) => Hlo): PlainLowering =>
  (kernel) =>
    compute(kernel.hlo, floats(kernel.hlo, only(kernel.inputs)));

/** x if it is not negative, else the given value. */
const unlessNegative = (hlo: Builder, x: Hlo, otherwise: Hlo): Hlo =>
  hlo.select(hlo.compare('GE', x, hlo.like(0, x)), x, otherwise);
const expm1 = (hlo: Builder, x: Hlo): Hlo => hlo.unary('exponential_minus_one', x);

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543773;

/** The remainder has the divisor's sign. */
function floorMod(hlo: Builder, a: Hlo, b: Hlo): Hlo {
  const rest = hlo.binary('remainder', a, b);
  const zero = hlo.like(0, a);
  const otherSign = hlo.compare('NE', hlo.compare('LT', rest, zero), hlo.compare('LT', b, zero));
  return hlo.select(hlo.binary('and', hlo.compare('NE', rest, zero), otherSign), hlo.add(rest, b), rest);
}

/** tfjs's own kernels return int32 even for floats. */
function floorDiv(hlo: Builder, a: Hlo, b: Hlo): Hlo {
  if (isFloat(a.type)) return hlo.convert(hlo.unary('floor', hlo.divide(a, b)), 'i32');
  return hlo.divide(hlo.subtract(a, floorMod(hlo, a, b)), b);
}

/** One condition per value, or one per row. */
function choice({ hlo, inputs: { condition, t, e } }: Kernel): Hlo {
  const truth = hlo.convert(condition, 'i1');
  const whole = sizeOf(condition.shape) === sizeOf(t.shape);
  const ones = t.shape.slice(condition.shape.length).map(() => 1);
  const shaped = whole
    ? hlo.reshape(truth, t.shape)
    : hlo.spread(hlo.reshape(truth, [...condition.shape, ...ones]), t.shape);
  return hlo.select(shaped, t, hlo.spread(hlo.convert(e, t.type), t.shape));
}

const UNARY: Table<string> = { Abs: 'abs', Neg: 'negate', Sign: 'sign' };
const FLOAT_UNARY: Table<string> = {
  Acos: 'chlo.acos',
  Acosh: 'chlo.acosh',
  Asin: 'chlo.asin',
  Asinh: 'chlo.asinh',
  Atan: 'chlo.atan',
  Atanh: 'chlo.atanh',
  Cos: 'cosine',
  Cosh: 'chlo.cosh',
  Erf: 'chlo.erf',
  Exp: 'exponential',
  Expm1: 'exponential_minus_one',
  Log: 'log',
  Log1p: 'log_plus_one',
  Rsqrt: 'rsqrt',
  Sigmoid: 'logistic',
  Sin: 'sine',
  Sinh: 'chlo.sinh',
  Sqrt: 'sqrt',
  Tan: 'tan',
  Tanh: 'tanh',
};
const WHOLE: Table<string> = { Ceil: 'ceil', Floor: 'floor', Round: 'round_nearest_even' };
const BINARY: Table<string> = {
  Add: 'add',
  Sub: 'subtract',
  Multiply: 'multiply',
  Maximum: 'maximum',
  Minimum: 'minimum',
  Pow: 'power',
};
const COMPARISONS: Table<Direction> = {
  Equal: 'EQ',
  NotEqual: 'NE',
  Greater: 'GT',
  GreaterEqual: 'GE',
  Less: 'LT',
  LessEqual: 'LE',
};

export const elementwiseLowerings: Lowerings = {
  ...loweringsOf(UNARY, unary),
  ...loweringsOf(FLOAT_UNARY, ofFloats),
  ...loweringsOf(WHOLE, toWhole),
  ...loweringsOf(BINARY, named),
  ...loweringsOf(COMPARISONS, comparison),
  LogicalAnd: logical('and'),
  LogicalOr: logical('or'),
  LogicalNot: ({ hlo, inputs }) => hlo.unary('not', hlo.convert(only(inputs), 'i1')),
  Identity: ({ inputs }) => only(inputs),
  ZerosLike: ({ hlo, inputs }) => hlo.like(0, only(inputs)),
  OnesLike: ({ hlo, inputs }) => hlo.like(1, only(inputs)),
  Square: ({ hlo, inputs: { x } }) => hlo.multiply(x, x),
  SquaredDifference: binary((hlo, a, b) => hlo.multiply(hlo.subtract(a, b), hlo.subtract(a, b))),
  Mod: binary(floorMod),
  FloorDiv: binary(floorDiv),
  RealDiv: ({ hlo, inputs: { a, b }, shape }) =>
    hlo.divide(hlo.spread(full(hlo, a), shape), hlo.spread(full(hlo, b), shape)),
  Atan2: ({ hlo, inputs: { a, b }, shape }) =>
    hlo.binary('atan2', hlo.spread(full(hlo, a), shape), hlo.spread(full(hlo, b), shape)),
  AddN: ({ hlo, inputs }) => listed(inputs).reduce(hlo.add),
  Cast: ({ hlo, inputs: { x }, type }) => hlo.convert(x, type),
  IsNan: f((hlo, x) => hlo.compare('NE', x, x)),
  IsInf: f((hlo, x) => hlo.compare('EQ', hlo.unary('abs', x), hlo.like(Infinity, x))),
  IsFinite: f((hlo, x) => hlo.compare('LT', hlo.unary('abs', x), hlo.like(Infinity, x))),
  Reciprocal: f((hlo, x) => hlo.divide(hlo.like(1, x), x)),
  Relu: ({ hlo, inputs: { x } }) => hlo.maximum(x, hlo.like(0, x)),
  Relu6: ({ hlo, inputs: { x } }) => hlo.minimum(hlo.maximum(x, hlo.like(0, x)), hlo.like(6, x)),
  ClipByValue: ({ hlo, inputs: { x }, attrs: { clipValueMin, clipValueMax } }) =>
    hlo.minimum(hlo.maximum(x, hlo.like(clipValueMin, x)), hlo.like(clipValueMax, x)),
  Step: ({ hlo, inputs: { x }, attrs: { alpha } }) => {
    const below = hlo.select(hlo.compare('NE', x, x), x, hlo.like(alpha, x));
    return hlo.select(hlo.compare('GT', x, hlo.like(0, x)), hlo.like(1, x), below);
  },
  Elu: f((hlo, x) => unlessNegative(hlo, x, expm1(hlo, x))),
  EluGrad: ({ hlo, inputs: { dy, y } }) =>
    hlo.select(hlo.compare('GE', y, hlo.like(0, y)), dy, hlo.multiply(dy, hlo.add(y, hlo.like(1, y)))),
  Selu: f((hlo, x) => hlo.scale(unlessNegative(hlo, x, hlo.scale(expm1(hlo, x), SELU_ALPHA)), SELU_SCALE)),
  LeakyRelu({ hlo, inputs, attrs: { alpha } }) {
    const x = floats(hlo, only(inputs));
    return unlessNegative(hlo, x, hlo.scale(x, alpha));
  },
  Prelu: ({ hlo, inputs: { x, alpha }, shape }) =>
    unlessNegative(hlo, x, hlo.multiply(x, hlo.spread(hlo.convert(alpha, x.type), shape))),
  // log(1 + eˣ) without overflow
  Softplus: f((hlo, x) => {
    const small = hlo.unary('exponential', hlo.unary('negate', hlo.unary('abs', x)));
    return hlo.add(hlo.maximum(x, hlo.like(0, x)), hlo.unary('log_plus_one', small));
  }),
  Select: choice,
};
