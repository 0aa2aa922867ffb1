/** Elementwise kernels, with broadcasting. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { TensorSpec } from '../graph.js';
import { listed, mutable, rulesFor, type Inputs, type Rules } from './rule.js';

const only = (inputs: Inputs): TensorSpec => inputs.x ?? inputs.logits ?? Object.values(inputs)[0];
const broadcast = (a: TensorSpec, b: TensorSpec): number[] =>
  backend_util.assertAndGetBroadcastShape(mutable(a.shape), mutable(b.shape));
const same = (inputs: Inputs): TensorSpec => ({ shape: only(inputs).shape, dtype: only(inputs).dtype });
const asFloat = (inputs: Inputs): TensorSpec => ({ shape: only(inputs).shape, dtype: 'float32' });
const asBool = (inputs: Inputs): TensorSpec => ({ shape: only(inputs).shape, dtype: 'bool' });

export const elementwiseRules: Rules = {
  ...rulesFor(
    [
      'Abs',
      'Ceil',
      'Floor',
      'Neg',
      'Relu',
      'Relu6',
      'Round',
      'Sign',
      'Square',
      'ClipByValue',
      'Identity',
      'ZerosLike',
      'OnesLike',
      'Step',
    ],
    same,
  ),
  ...rulesFor(
    [
      'Acos',
      'Acosh',
      'Asin',
      'Asinh',
      'Atan',
      'Atanh',
      'Cos',
      'Cosh',
      'Elu',
      'Erf',
      'Exp',
      'Expm1',
      'LeakyRelu',
      'Log',
      'Log1p',
      'LogSoftmax',
      'Prelu',
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
    asFloat,
  ),
  ...rulesFor(['IsFinite', 'IsInf', 'IsNan', 'LogicalNot'], asBool),
  ...rulesFor(['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum', 'Mod', 'Pow', 'SquaredDifference'], ({ a, b }) => ({
    shape: broadcast(a, b),
    dtype: a.dtype,
  })),
  // tfjs's own kernels return int32 even for floats
  FloorDiv: ({ a, b }) => ({ shape: broadcast(a, b), dtype: 'int32' }),
  ...rulesFor(['RealDiv', 'Atan2'], ({ a, b }) => ({ shape: broadcast(a, b), dtype: 'float32' })),
  ...rulesFor(
    ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'],
    ({ a, b }) => ({ shape: broadcast(a, b), dtype: 'bool' }),
  ),
  AddN: (inputs) => ({ shape: listed(inputs)[0].shape, dtype: listed(inputs)[0].dtype }),
  Cast: ({ x }, { dtype }) => ({ shape: x.shape, dtype }),
  EluGrad: ({ dy }) => ({ shape: dy.shape, dtype: 'float32' }),
  Select: ({ t }) => ({ shape: t.shape, dtype: t.dtype }),
};
