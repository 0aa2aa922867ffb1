/** Elementwise kernels, with broadcasting. */
import { float, type } from '../runtime/attributes.js';
import { cast, floats } from './cast.js';
import {
  listed,
  loweringsFor,
  scalarOf,
  type Lowerings,
  type Operand,
  type Operands,
  type PlainLowering,
} from './lowering.js';

const only = (inputs: Operands): Operand => Object.values(inputs)[0];
const unary =
  (name: string): PlainLowering =>
  (inputs, _, emit) =>
    emit.op(name, [only(inputs).ref]);
/** tfjs returns floats for these, even for integers. */
const ofFloats =
  (name: string): PlainLowering =>
  (inputs, _, emit) =>
    emit.op(name, [floats(emit, only(inputs))]);
const binary =
  (name: string): PlainLowering =>
  ({ a, b }, _, emit) =>
    emit.op(name, [a.ref, cast(emit, b, a.dtype)]);
const logical =
  (name: string): PlainLowering =>
  ({ a, b }, _, emit) =>
    emit.op(name, [cast(emit, a, 'bool'), cast(emit, b, 'bool')]);

export const elementwiseLowerings: Lowerings = {
  ...loweringsFor(
    [
      'Abs',
      'Neg',
      'Sign',
      'Square',
      'Identity',
      'ZerosLike',
      'OnesLike',
      'Relu',
      'Relu6',
      'IsFinite',
      'IsInf',
      'IsNan',
      'LogicalNot',
    ],
    unary,
  ),
  ...loweringsFor(
    [
      'Acos',
      'Acosh',
      'Asin',
      'Asinh',
      'Atan',
      'Atanh',
      'Ceil',
      'Cos',
      'Cosh',
      'Elu',
      'Erf',
      'Exp',
      'Expm1',
      'Floor',
      'Log',
      'Log1p',
      'LogSoftmax',
      'Reciprocal',
      'Rsqrt',
      'Selu',
      'Sigmoid',
      'Sin',
      'Sinh',
      'Softmax',
      'Softplus',
      'Sqrt',
      'Tan',
      'Tanh',
    ],
    ofFloats,
  ),
  Round: ofFloats('Rint'), // rounds half to even, like tfjs
  ...loweringsFor(
    [
      'Sub',
      'Maximum',
      'Minimum',
      'Pow',
      'SquaredDifference',
      'Equal',
      'NotEqual',
      'Greater',
      'GreaterEqual',
      'Less',
      'LessEqual',
    ],
    binary,
  ),
  Add: binary('AddV2'),
  Multiply: binary('Mul'),
  Mod: binary('FloorMod'),
  LogicalAnd: logical('LogicalAnd'),
  LogicalOr: logical('LogicalOr'),
  RealDiv: ({ a, b }, _, emit) => emit.op('RealDiv', [cast(emit, a, 'float32'), cast(emit, b, 'float32')]),
  Atan2: ({ a, b }, _, emit) => emit.op('Atan2', [cast(emit, a, 'float32'), cast(emit, b, 'float32')]),
  // tfjs's own kernels return int32 even for floats
  FloorDiv: ({ a, b }, _, emit) =>
    emit.op('Cast', [emit.op('FloorDiv', [a.ref, cast(emit, b, a.dtype)])], { DstT: type('int32') }),
  AddN: (inputs, _, emit) => emit.op('AddN', [listed(inputs).map(({ ref }) => ref)]),
  Cast: ({ x }, { dtype }, emit) => (dtype === x.dtype ? emit.op('Identity', [x.ref]) : cast(emit, x, dtype)),
  ClipByValue: ({ x }, { clipValueMin, clipValueMax }, emit) =>
    emit.op('ClipByValue', [x.ref, scalarOf(emit, clipValueMin, x.dtype), scalarOf(emit, clipValueMax, x.dtype)]),
  Step: ({ x }, { alpha }, emit) =>
    emit.op('SelectV2', [
      emit.op('Greater', [x.ref, scalarOf(emit, 0, x.dtype)]),
      scalarOf(emit, 1, x.dtype),
      emit.op('SelectV2', [emit.op('IsNan', [x.ref]), x.ref, scalarOf(emit, alpha, x.dtype)]),
    ]),
  LeakyRelu: ({ x }, { alpha }, emit) => emit.op('LeakyRelu', [floats(emit, x)], { alpha: float(alpha) }),
  EluGrad: ({ dy, y }, _, emit) => emit.op('EluGrad', [dy.ref, y.ref]),
  Prelu: ({ x, alpha }, _, emit) => [
    ...emit.fused('prelu', [x, alpha], ([value, slope], body) => [
      body.op('AddV2', [
        body.op('Relu', [value]),
        body.op('Mul', [body.op('Minimum', [value, scalarOf(body, 0, x.dtype)]), slope]),
      ]),
    ]),
  ],
  Select: ({ condition, t, e }, _, emit) => emit.op('SelectV2', [condition.ref, t.ref, e.ref]),
};
